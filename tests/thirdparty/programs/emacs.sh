#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# emacs: batch mode; a file byte-compiled, an Org text exported, a subprocess, a collection
# needs: emacs
set -euo pipefail

cat >work.el <<'EL'
;;; work.el --- -*- lexical-binding: t -*-
(defun work (n)
  (let ((table (make-hash-table :test 'equal)))
    (dotimes (i n) (push i (gethash (format "n%d" (% (* i 7919) 503)) table)))
    (let (rows) (maphash (lambda (k v) (push (cons k (length v)) rows)) table)
      (md5 (prin1-to-string (sort rows (lambda (a b) (string< (car a) (car b)))))))))
(dotimes (i 8) (princ (format "%s\n" (work (* i 500)))))
(garbage-collect)
(with-temp-buffer
  (dotimes (i 3000) (insert (format "line %d αβγ\n" i)))
  (goto-char 1)
  (while (re-search-forward "line \\([0-9]+\\)" nil t) (replace-match "\\1:"))
  (princ (format "%d %s\n" (buffer-size) (md5 (current-buffer))))
  (call-process-region (point-min) (point-max) "sort" t t nil "-r")
  (write-region nil nil "written"))
(setq backtrace-on-error-noninteractive nil)
(require 'org) (require 'ox-ascii)
(with-temp-buffer (insert "* One\n- a\n- b\n| 1 | 2 |\n") (org-mode)
  (princ (org-export-as 'ascii nil nil t)))
(error "On purpose")
EL
emacs --batch -Q -f batch-byte-compile work.el
emacs --batch -Q -l ./work.elc || echo "status $?"
echo finished
