#!/usr/bin/env bash
# Builds the image, starts it as a server does (its own user, read-only, /tmp in memory), asks it about a recording, and
# stops it. Ends with 0 when all of that went well.
#
#   scripts/container.sh [TAG]     default: ser:check; needs curl, and docker or podman (CONTAINER_TOOL names another)
set -euo pipefail
cd "$(dirname "$0")/.."

TAG=${1:-ser:check}
PORT=${PORT:-8599}
HEALTHY_MAX_S=120
STOP_MAX_S=10
NAME=ser-check-$$

fail() {
    echo "Error: $*" >&2
    exit 1
}

find_tool() {
    local name
    for name in ${CONTAINER_TOOL:-docker podman}; do
        if command -v "$name" >/dev/null 2>&1 && "$name" info >/dev/null 2>&1; then
            TOOL=$name
            return
        fi
    done
    fail "neither docker nor podman is here and running; install one of them, or start its service."
}

clean_up() {
    "$TOOL" rm -f "$NAME" >/dev/null 2>&1 || true
    rm -rf "$WORK"
}

find_tool
WORK=$(mktemp -d)
trap clean_up EXIT

"$TOOL" build -t "$TAG" .
"$TOOL" run -d --name "$NAME" --read-only --tmpfs /tmp --cap-drop ALL --memory 3g -p "127.0.0.1:$PORT:8501" "$TAG" >/dev/null

begun=$SECONDS
until curl -fsS -o /dev/null "http://127.0.0.1:$PORT/_stcore/health" 2>/dev/null; do
    [ $((SECONDS - begun)) -lt $HEALTHY_MAX_S ] || fail "not healthy within $HEALTHY_MAX_S s: $("$TOOL" logs "$NAME" 2>&1 | tail -n 5)"
    sleep 0.2
done
echo "healthy after $((SECONDS - begun)) s"

user=$("$TOOL" exec "$NAME" id -u)
[ "$user" != 0 ] || fail "the server runs as root; the Dockerfile's USER should prevent that."
if "$TOOL" exec "$NAME" touch /app/written 2>/dev/null; then
    fail "the root file system can be written to."
fi

# Two seconds of a hum, made by the container's own Python.
"$TOOL" exec "$NAME" python -c '
import io, math, struct, sys, wave
whole = io.BytesIO()
with wave.open(whole, "wb") as file:
    file.setnchannels(1), file.setsampwidth(2), file.setframerate(16000)
    hum = (8000 * math.sin(0.06 * i) * math.sin(0.0006 * i) for i in range(32000))
    file.writeframes(b"".join(struct.pack("<h", int(one)) for one in hum))
sys.stdout.buffer.write(whole.getvalue())
' >"$WORK/clip.wav"
answer=$(curl -fsS -F "file=@$WORK/clip.wav" "http://127.0.0.1:$PORT/api/v1/predict")
case $answer in
    *'"ranking"'*) echo "answered: ${answer:0:60} …" ;;
    *) fail "no answer to a recording, but: $answer" ;;
esac

begun=$SECONDS
"$TOOL" stop -t $STOP_MAX_S "$NAME" >/dev/null
code=$("$TOOL" inspect -f '{{.State.ExitCode}}' "$NAME")
[ "$code" = 0 ] || fail "it ended with $code after $((SECONDS - begun)) s; 0 is expected within $STOP_MAX_S s."
echo "stopped with 0 after $((SECONDS - begun)) s"
