#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# php: arrays, regular expressions, JSON, generators, references in cycles
# needs: php
# loss: address_reused (extensions are opened with RTLD_DEEPBIND: what they free is not seen)
set -euo pipefail

cat >work.php <<'PHP'
<?php
function rows($n) { for ($i = 0; $i < $n; ++$i) yield ["name" => "n" . ($i * 7919 % 503), "list" => range(0, $i % 9)]; }
class Node { public $other; public $bytes; function __construct() { $this->bytes = str_repeat("x", 2000); } }
foreach ([100, 2000, 30000] as $n) {
    $rows = iterator_to_array(rows($n));
    usort($rows, fn($a, $b) => [$a["name"], count($a["list"])] <=> [$b["name"], count($b["list"])]);
    $text = json_encode($rows);
    echo md5(preg_replace_callback('/n(\d+)/', fn($m) => $m[1] + 1, $text)), " ", strlen($text), "\n";
    for ($i = 0; $i < $n; ++$i) { $a = new Node; $b = new Node; $a->other = $b; $b->other = $a; }
    echo gc_collect_cycles() > 0 ? "collected\n" : "nothing\n";
}
file_put_contents("written", serialize($rows));
echo shell_exec("wc -c < written");
try { throw new RuntimeException("caught"); } catch (Exception $e) { echo $e->getMessage(), "\n"; }
ini_set("memory_limit", "64M");
echo strlen(str_repeat("y", 80 << 20));
PHP
php work.php || echo "status $?"
echo finished
