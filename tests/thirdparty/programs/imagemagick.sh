#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# imagemagick: a picture drawn, filtered and converted, with OpenMP's threads
# needs: /usr/bin/convert-im6.q16 /usr/bin/identify-im6.q16
set -euo pipefail
export MAGICK_THREAD_LIMIT=2

/usr/bin/convert-im6.q16 -size 200x150 gradient:red-blue -swirl 90 -blur 0x2 \
    -define png:exclude-chunks=date,time -strip first.png
/usr/bin/convert-im6.q16 first.png -resize 60% -rotate 17 -quantize YIQ -colors 32 -strip second.gif
/usr/bin/convert-im6.q16 second.gif -define jpeg:dct-method=islow -strip third.jpg
/usr/bin/identify-im6.q16 -format '%m %w %h %k %#\n' second.gif third.jpg
/usr/bin/convert-im6.q16 nothing.png out.png || echo "status $?"
echo finished
