#!/bin/sh
# serve: sets up what is missing, then serves. Anything else is a command of sealbridge, e.g. doctor.
set -eu
if [ "${1:-serve}" != serve ]; then
    exec sealbridge "$@"
fi
sealbridge setup
exec sealbridge serve --host 0.0.0.0 --port 8000
