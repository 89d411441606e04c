# SPDX-License-Identifier: MIT
"""Scripts for interpreters and machines that make code at run time, measured as whole programs.

Each is written to the folder and run by its interpreter; what an interpreter would keep to
itself (its own allocator, a random seed) is switched off by its own means.
"""
import shutil

PERL = """
my @words = map { "word" . ($_ * 7919 % 5000) } 0 .. 60000;
for my $turn (1 .. 24) {
    my %counts;
    push @{$counts{$_}}, length for @words;
    my @rows = map { { name => $_, sum => scalar @{$counts{$_}} } } sort keys %counts;
    my $joined = join ",", map { uc($_->{name}) . $_->{sum} } sort { $a->{name} cmp $b->{name} } @rows;
    my @pairs = map { [split /D/] } split /,/, $joined;
}
"""

PHP = """<?php
for ($turn = 0; $turn < 12; ++$turn) {
    $counts = [];
    for ($i = 0; $i < 60000; ++$i) $counts["word" . ($i * 7919 % 5000)][] = $i;
    $rows = [];
    foreach ($counts as $name => $list) $rows[] = ["name" => $name, "sum" => count($list), "list" => array_slice($list, 0, 5)];
    $rows = json_decode(json_encode($rows), true);
    usort($rows, fn($a, $b) => [$a["sum"], $a["name"]] <=> [$b["sum"], $b["name"]]);
    $pairs = array_map(fn($row) => explode("d", strtoupper($row["name"]) . $row["sum"]), $rows);
}
"""

LUA = """
for turn = 1, 12 do
    local counts, rows = {}, {}
    for i = 0, 59999 do
        local word = "word" .. (i * 7919 % 5000)
        local list = counts[word]
        if not list then list = {} counts[word] = list end
        list[#list + 1] = #word
    end
    for name, list in pairs(counts) do rows[#rows + 1] = { name = name, sum = #list } end
    table.sort(rows, function(a, b) return a.name < b.name end)
    for _, row in ipairs(rows) do row.text = string.upper(row.name) .. row.sum end
end
"""

# LuaJIT has an allocator of its own; what its compiled code asks libc for is another matter.
LUAJIT = """
local ffi = require("ffi")
ffi.cdef[[void* malloc(size_t size); void free(void* block);]]
local kept, sum = {}, 0
for i = 0, 5999999 do
    local at = i % 1000
    if kept[at] then ffi.C.free(kept[at]) end
    kept[at] = ffi.C.malloc(16 + i * 7919 % 500)
    for k = 1, 10 do sum = (sum * 31 + k) % 1000003 end
end
"""

NODE = {
    "node, maps and buffers": """
for (let turn = 0; turn < 12; ++turn) {
    const map = new Map();
    for (let i = 0; i < 60000; ++i) map.set('k' + i, Buffer.alloc(i % 700));
    let sum = 0;
    for (const [name, value] of map) sum += name.length + value.length;
}
""",
    "node, JSON.stringify": """
let sum = 0;
for (let i = 0; i < 900000; ++i) sum += JSON.stringify({ name: 'row' + i, list: [i, i + 1], text: 'x'.repeat(i % 50) }).length;
""",
    "node, workers": """
const { Worker, isMainThread, parentPort } = require('worker_threads');
if (isMainThread) {
    for (let i = 0; i < 4; ++i) new Worker(__filename);
} else {
    const rows = [];
    for (let i = 0; i < 20000; ++i) rows.push({ name: 'row' + i, bytes: Buffer.alloc(i % 300) });
    parentPort.postMessage(JSON.stringify(rows).length);
}
""",
}

JAVA_ENGINE = "/usr/share/java/js.jar"
JAVA = """
var map = new java.util.TreeMap();
for (var turn = 0; turn < 6; ++turn) {
    for (var i = 0; i < 20000; ++i) map.put("name" + (i * 7919 % 5003), java.lang.Integer.valueOf(i));
    var bytes = new java.lang.String(map.toString()).getBytes("UTF-8");
    var out = new java.util.zip.GZIPOutputStream(new java.io.ByteArrayOutputStream());
    out.write(bytes);
    out.close();
}
"""


def script(program, name, text, *before):
    """What prepares `[variable…] program script`."""
    def prepare(folder):
        path = shutil.which(program)
        if path is None:
            return None
        (folder / name).write_text(text)
        return [*before, path, name]
    return prepare


def java(folder):
    program = shutil.which("java")
    try:
        with open(JAVA_ENGINE, "rb"):
            pass
    except OSError:
        return None
    if program is None:
        return None
    (folder / "work.js").write_text(JAVA)
    return [program, "-Xmx256m", "-XX:-UsePerfData", "-cp", JAVA_ENGINE,
            "org.mozilla.javascript.tools.shell.Main", "work.js"]


# (name, prepare)
INTERPRETERS = [
    ("perl, hashes of strings", script("perl", "work.pl", PERL, "PERL_HASH_SEED=0")),
    ("php, USE_ZEND_ALLOC=0", script("php", "work.php", PHP, "USE_ZEND_ALLOC=0")),
    ("lua", script("lua5.4", "work.lua", LUA)),
    ("luajit, malloc by its compiled code", script("luajit", "jit.lua", LUAJIT)),
    *((name, script("node", f"{name.split()[1]}.js", text)) for name, text in NODE.items()),
    ("java, a script engine", java),
]
