#!/bin/sh
# A double click opens the notebooks. The first time it sets up, which takes minutes.
cd "$(dirname "$0")" || exit
python3 tutorial.py lab && exit
printf 'Press Enter to close this window. '
read -r _
