#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# guile: Scheme on Boehm's collector, which looks through stacks and data for pointers; its compiler
# needs: guile
set -euo pipefail
export GUILE_AUTO_COMPILE=0
cat >work.scm <<'SCM'
(use-modules (ice-9 threads) (ice-9 format) (srfi srfi-1) (system base compile))
(define (work n)
  (let ((table (make-hash-table)))
    (do ((i 0 (+ i 1))) ((= i n))
      (let ((k (modulo (* i 7919) 503))) (hashv-set! table k (cons i (hashv-ref table k '())))))
    (string-hash (format #f "~a" (sort (hash-map->list (lambda (k v) (cons k (length v))) table)
                                       (lambda (a b) (< (car a) (car b))))))))
(display (par-map work (iota 8 1000 500))) (newline)
(display (map join-thread (map (lambda (n) (call-with-new-thread (lambda () (work (* n 300))))) (iota 6)))) (newline)
(gc)
(display ((compile '(lambda (x) (* x 2)) #:env (current-module)) 21)) (newline)
(let loop ((i 0)) (when (< i 300) (make-vector 10000 i) (loop (+ i 1))))
(display (catch #t (lambda () (vector-ref (vector) 1)) (lambda (key . rest) key))) (newline)
(call-with-output-file "written" (lambda (port) (for-each (lambda (i) (format port "~d~%" (work i))) (iota 500))))
(exit (status:exit-val (system* "sh" "-c" "exit 7")))
SCM
guile --no-auto-compile work.scm || echo "status $?"
echo finished
