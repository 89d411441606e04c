#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# nginx: a master and two workers that give up root, requests, gzip, a reload, a graceful end
# needs: /usr/sbin/nginx curl
# not compared: *.log (process ids and times)
# rule: (?m)^(Date|Last-Modified|ETag): .*$ => \1 (a time)
set -euo pipefail
mkdir -p html temp
chmod 755 . html
seq 1 30000 >html/numbers.txt
echo '<p>here</p>' >html/index.html
cat >nginx.conf <<CONF
worker_processes 2;
error_log $PWD/error.log info;
pid $PWD/nginx.pid;
daemon off;
events { worker_connections 64; }
http {
    access_log $PWD/access.log;
    client_body_temp_path $PWD/temp; proxy_temp_path $PWD/temp; fastcgi_temp_path $PWD/temp;
    uwsgi_temp_path $PWD/temp; scgi_temp_path $PWD/temp;
    gzip on; gzip_types text/plain; default_type text/plain;
    server { listen unix:$PWD/socket; root $PWD/html;
        location /back { proxy_pass http://unix:$PWD/socket:/; }
        location /gone { return 410 "gone\n"; } }
}
CONF
/usr/sbin/nginx -t -q -c "$PWD/nginx.conf"
/usr/sbin/nginx -c "$PWD/nginx.conf" &
for _ in {1..1200}; do [[ -S socket ]] && curl -s --unix-socket socket http://x/ >/dev/null && break; sleep 0.05; done
get() { curl -s --unix-socket socket "$@"; }
for _ in {1..40}; do get http://x/ http://x/back/ -o /dev/null -o /dev/null; done
get -i http://x/
get -r 100-140 http://x/numbers.txt
get -H 'Accept-Encoding: gzip' http://x/numbers.txt | gunzip | cksum
get -i http://x/gone
get -o /dev/null -w '%{http_code}\n' http://x/nothing
kill -HUP "$(cat nginx.pid)"
for _ in {1..40}; do get http://x/numbers.txt; done | cksum
kill -QUIT "$(cat nginx.pid)"
wait
echo finished
