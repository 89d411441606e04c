#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# java: a script engine on the JVM that compiles to bytecode; threads, collections; keytool
# needs: java /usr/share/java/js.jar keytool
# not compared: store (holds a time)
# rule: (?m)^(Creation date|Valid from).*$ => \1 (a time)
set -euo pipefail
# What a JVM writes about its processor is not about us.
java=(java -Xmx96m -XX:-UsePerfData)

cat >work.js <<'JS'
function work(n) {
    var map = new java.util.TreeMap(), i;
    for (i = 0; i < n; ++i) map.put("n" + (i * 7919 % 5003), java.lang.String.format("%05d", java.lang.Integer.valueOf(i)));
    var digest = java.security.MessageDigest.getInstance("SHA-256");
    return new java.math.BigInteger(1, digest.digest(new java.lang.String(map.toString()).getBytes("UTF-8"))).toString(16);
}
var results = new java.util.concurrent.ConcurrentSkipListMap(), threads = [], t;
for (t = 1; t <= 6; ++t) (function (n) {
    threads.push(new java.lang.Thread(function () { results.put(n, work(n * 2000)); }));
})(t);
threads.forEach(function (x) { x.start(); });
threads.forEach(function (x) { x.join(); });
print(results);
var sum = 0;
for (t = 0; t < 300000; ++t) { sum = (sum * 31 + t) % 1000003; }
print(sum);
try { null.x(); } catch (e) { print("caught " + e.name); }
java.lang.System.gc();
var out = new java.util.zip.GZIPOutputStream(new java.io.FileOutputStream("written.gz"));
for (t = 0; t < 2000; ++t) out.write(new java.lang.String("line " + t + "\n").getBytes());
out.close();
java.lang.System.exit(3);
JS
"${java[@]}" -cp /usr/share/java/js.jar org.mozilla.javascript.tools.shell.Main work.js || echo "status $?"
keytool -J-Xmx64m -J-XX:-UsePerfData -genkeypair -alias a -keyalg EC -dname CN=a -storepass 123456 -keystore store
keytool -J-Xmx64m -J-XX:-UsePerfData -list -storepass 123456 -keystore store | grep -c PrivateKeyEntry
gunzip -c written.gz | cksum
echo finished
