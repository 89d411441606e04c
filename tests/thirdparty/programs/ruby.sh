#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# ruby: threads, fibers, garbage collection and compaction, JSON, fork, a method that raises
# needs: ruby
set -euo pipefail

cat >work.rb <<'RUBY'
require "json"
# Not digest alone: it loads its parts at first use, in whichever thread, and two at once fail now
# and then by themselves ("Digest::Base cannot be directly inherited").
require "digest/sha2"
def work(n)
  rows = (1..n).map { |i| { "name" => "n#{i * 7919 % 503}", "list" => [i] * (i % 9) } }
  Digest::SHA256.hexdigest(JSON.parse(JSON.generate(rows)).sort_by { |r| r["name"] }.inspect)
end
puts (1..8).map { |n| Thread.new { work(n * 300) } }.map(&:value)
fiber = Fiber.new { 5.times { |i| Fiber.yield(work(i * 50)) }; :done }
6.times { puts fiber.resume }
GC.stress = true
puts work(20)
GC.stress = false
GC.compact if GC.respond_to?(:compact)
4.times do |n|
  reader, writer = IO.pipe
  pid = fork { writer.write(work(n * 200)); exit!(n) }
  writer.close
  puts reader.read
  Process.wait(pid)
  puts $?.exitstatus
end
File.write("written", (1..2000).map { |i| "line #{i}\n" * (i % 3) }.join)
puts `sort -r written | head -3`
ObjectSpace.each_object(String).count
raise ArgumentError, "on purpose"
RUBY
ruby work.rb || echo "status $?"
echo finished
