#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# sbcl: Lisp whose collector moves objects by protecting pages and stops threads by signals
# needs: sbcl
# rule: (pid|tid) \d+ => \1 N (process and thread ids)
# rule: \b(0x)?[0-9A-Fa-f]{8,}\b => address (where its heap and its stack are)
set -euo pipefail
cat >work.lisp <<'LISP'
(defun work (n)
  (let ((table (make-hash-table :test 'equal)))
    (dotimes (i n) (push i (gethash (format nil "n~d" (mod (* i 7919) 503)) table)))
    (let (rows) (maphash (lambda (k v) (push (cons k (length v)) rows)) table)
      (sxhash (prin1-to-string (sort rows #'string< :key #'car))))))
(print (mapcar #'sb-thread:join-thread
               (loop for i from 1 to 5 collect
                 (let ((n i)) (sb-thread:make-thread (lambda () (work (* n 2000))))))))
(sb-ext:gc :full t)
(print (loop repeat 20 sum (length (make-array 100000))))
(print (handler-case (labels ((f (n) (+ 1 (f (1+ n))))) (f 0))
         (sb-kernel::control-stack-exhausted () 'deep)))
(print (handler-case (sb-sys:sap-ref-8 (sb-sys:int-sap 8) 0)
         (sb-sys:memory-fault-error () 'fault)))
(compile 'work)
(with-open-file (out "written" :direction :output) (dotimes (i 2000) (print (work (mod i 7)) out)))
(print (sb-ext:process-exit-code (sb-ext:run-program "/bin/sh" '("-c" "exit 7"))))
(terpri)
(sb-ext:exit :code 4)
LISP
sbcl --no-userinit --no-sysinit --disable-debugger --load work.lisp || echo "status $?"
echo finished
