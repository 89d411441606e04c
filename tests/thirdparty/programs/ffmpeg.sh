#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# ffmpeg: pictures and sound made, coded by several codecs, filtered and read back, with threads
# needs: ffmpeg
set -euo pipefail
ff() { ffmpeg -nostdin -hide_banner -loglevel error -bitexact -threads 2 "$@"; }

ff -f lavfi -i testsrc=size=160x120:rate=10:duration=3 -f lavfi -i sine=frequency=440:duration=3 \
    -c:v mpeg4 -c:a aac -flags +bitexact -fflags +bitexact first.mp4
ff -i first.mp4 -vf 'scale=80:60,hflip' -c:v ffv1 -c:a flac -fflags +bitexact second.mkv
ff -i second.mkv -f framemd5 -
ff -i first.mp4 -frames:v 2 -fflags +bitexact picture%d.png
ff -i nothing.mp4 out.mp4 || echo "status $?"
echo finished
