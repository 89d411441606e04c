#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# lua: tables, closures, coroutines, weak tables, a collector that is forced
# needs: lua5.4
set -euo pipefail

cat >work.lua <<'LUA'
local function work(n)
    local t, parts = {}, {}
    for i = 1, n do t[i] = { key = i * 7919 % 601, text = ("x"):rep(i % 50) } end
    table.sort(t, function(a, b) return a.key ~= b.key and a.key < b.key or a.key == b.key and #a.text < #b.text end)
    for i, v in ipairs(t) do parts[i] = v.key .. v.text end
    return #table.concat(parts, ","):gsub("%d+", function(d) return d + 1 end)
end
for n = 1000, 40000, 3000 do print(work(n)) end
local co = coroutine.wrap(function() for i = 1, 2000 do coroutine.yield(work(i % 40)) end end)
local sum = 0
for _ = 1, 2000 do sum = sum + co() end
print(sum)
local weak = setmetatable({}, { __mode = "v" })
for i = 1, 50000 do weak[i] = { i } end
collectgarbage()
print(next(weak))
local f = assert(io.open("written", "w"))
for i = 1, 20000 do f:write(i, "\n") end
f:close()
print(io.popen("sort -rn written | head -1"):read("a"))
error("on purpose")
LUA
lua5.4 work.lua || echo "status $?"
echo finished
