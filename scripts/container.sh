#!/usr/bin/env bash
# Builds the image, starts it as a server does (its own user, read-only, /tmp in memory), asks it about a recording by
# the API and by the page, tells what its packages weigh, and stops it. Ends with 0 when all of that went well.
#
#   scripts/container.sh [TAG]     default: ser:check; needs curl, and docker, podman or, as root, buildah
#
#   CONTAINER_TOOL=docker    the one to take; else the first that is there and running
#   BUILD_FLAGS="…"          more for its build, such as --volume for a certificate of your network
#   PYTHON=.venv/bin/python  visits the page with it; without, the page is only fetched
set -euo pipefail
cd "$(dirname "$0")/.."

TAG=${1:-ser:check}
PORT=${PORT:-8599}
HEALTHY_MAX_S=120
STOP_MAX_S=10
NAME=ser-check-$$
ADDRESS=http://127.0.0.1:$PORT

fail() {
    echo "Error: $*" >&2
    exit 1
}

find_tool() {
    local name
    for name in ${CONTAINER_TOOL:-docker podman buildah}; do
        command -v "$name" >/dev/null 2>&1 || continue
        if [ "$name" = buildah ] && [ "$(id -u)" != 0 ]; then
            continue # without root it can build, but not start
        fi
        if "$name" info >/dev/null 2>&1; then
            TOOL=$name
            return
        fi
    done
    fail "neither docker nor podman is here and running, nor buildah and root; install one of them, or start its service."
}

# buildah has no command that runs an image read-only as its own user: this does, in a mount namespace of its own.
buildah_start() {
    CONTAINER=$(buildah from --pull-never "$TAG")
    ROOT=$(buildah mount "$CONTAINER")
    # shellcheck disable=SC2016 # expanded by the inner shells
    buildah inspect --type image "$TAG" | python3 -c '
import json, shlex, sys
config = json.load(sys.stdin)["Docker"]["config"]
port, root = sys.argv[1:]
env = [*(config.get("Env") or []), "PORT=" + port]
command = [*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]
user = config.get("User") or "0:0"
inner = "cd \"$0\" && exec \"$@\""
print("user=" + shlex.quote(user))
print("command=(" + shlex.join(["chroot", "--userspec=" + user, "--groups=", root, "env", "-i", *env]) + ")")
print("start=(" + shlex.join(["sh", "-c", inner, config.get("WorkingDir") or "/", *command]) + ")")
' "$PORT" "$ROOT" >"$WORK/start.sh"
    # shellcheck source=/dev/null
    . "$WORK/start.sh"
    # shellcheck disable=SC2016
    unshare --mount --propagation private sh -ec '
        root=$1; shift
        mount --bind "$root" "$root"
        mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
        mount --rbind /proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount -o remount,bind,ro "$root"
        exec "$@"' sh "$ROOT" "${command[@]}" "${start[@]}" >"$WORK/log" 2>&1 &
    SERVER=$!
}

start() {
    case $TOOL in
        buildah) buildah_start ;;
        *) "$TOOL" run -d --name "$NAME" --read-only --tmpfs /tmp --cap-drop ALL --memory 3g -p "127.0.0.1:$PORT:8501" \
            "$TAG" >/dev/null ;;
    esac
}

inside() { # runs a command beside the server, as its user
    case $TOOL in
        buildah) nsenter --target "$SERVER" --mount -- "${command[@]}" "$@" ;;
        *) "$TOOL" exec "$NAME" "$@" ;;
    esac
}

last_words() {
    case $TOOL in
        buildah) tail -n 5 "$WORK/log" ;;
        *) "$TOOL" logs "$NAME" 2>&1 | tail -n 5 ;;
    esac
}

stop() { # sets code; what does not end in time is killed, which is code 137
    local tenths=0
    if [ "$TOOL" != buildah ]; then
        "$TOOL" stop -t $STOP_MAX_S "$NAME" >/dev/null
        code=$("$TOOL" inspect -f '{{.State.ExitCode}}' "$NAME")
        return
    fi
    kill -TERM "$SERVER"
    while kill -0 "$SERVER" 2>/dev/null && [ $tenths -lt $((10 * STOP_MAX_S)) ]; do
        sleep 0.1
        tenths=$((tenths + 1))
    done
    kill -KILL "$SERVER" 2>/dev/null || true
    code=0
    wait "$SERVER" || code=$?
}

clean_up() {
    if [ "$TOOL" != buildah ]; then
        "$TOOL" rm -f "$NAME" >/dev/null 2>&1 || true
    elif [ -n "${CONTAINER:-}" ]; then
        kill -KILL "${SERVER:-}" 2>/dev/null || true
        buildah rm "$CONTAINER" >/dev/null 2>&1 || true
    fi
    rm -rf "$WORK"
}

find_tool
WORK=$(mktemp -d)
trap clean_up EXIT

# shellcheck disable=SC2086 # several words
case $TOOL in
    buildah) buildah bud --isolation chroot --format docker --layers ${BUILD_FLAGS:-} -t "$TAG" . ;;
    *) "$TOOL" build ${BUILD_FLAGS:-} -t "$TAG" . ;;
esac
start

begun=$SECONDS
until curl -fsS -o /dev/null "$ADDRESS/_stcore/health" 2>/dev/null; do
    [ $((SECONDS - begun)) -lt $HEALTHY_MAX_S ] || fail "not healthy within $HEALTHY_MAX_S s: $(last_words)"
    sleep 0.2
done
echo "healthy after $((SECONDS - begun)) s"

user=$(inside id -u)
[ "$user" != 0 ] || fail "the server runs as root; the Dockerfile's USER should prevent that."
if inside touch /app/written 2>/dev/null; then
    fail "the root file system can be written to."
fi

# Two seconds of a hum, made by the container's own Python.
inside python -c '
import io, math, struct, sys, wave
whole = io.BytesIO()
with wave.open(whole, "wb") as file:
    file.setnchannels(1), file.setsampwidth(2), file.setframerate(16000)
    hum = (8000 * math.sin(0.06 * i) * math.sin(0.0006 * i) for i in range(32000))
    file.writeframes(b"".join(struct.pack("<h", int(one)) for one in hum))
sys.stdout.buffer.write(whole.getvalue())
' >"$WORK/clip.wav"
answer=$(curl -fsS -F "file=@$WORK/clip.wav" "$ADDRESS/api/v1/predict")
case $answer in
    *'"ranking"'*) echo "answered: ${answer:0:60} …" ;;
    *) fail "no answer to a recording, but: $answer" ;;
esac
curl -fsS -o /dev/null "$ADDRESS/"
if [ -n "${PYTHON:-}" ]; then
    "$PYTHON" -m benchmarks.sessions "$ADDRESS" "$WORK/clip.wav"
fi

# Bytes of the whole, of the project, and of each package; folders that only root may read are not counted.
for folder in / /app; do # one at a time: what it has counted du does not count again
    inside du -sxb "$folder" 2>/dev/null | sed 's/^/weighs\t/' || true
done
inside python -c '
import importlib.metadata, os
for one in importlib.metadata.distributions():
    paths = [one.locate_file(file) for file in one.files or ()]
    print("weighs", sum(os.path.getsize(path) for path in paths if os.path.exists(path)), one.name.lower().replace("_", "-"), sep="\t")'

begun=$SECONDS
stop
[ "$code" = 0 ] || fail "it ended with $code after $((SECONDS - begun)) s; 0 is expected within $STOP_MAX_S s."
echo "stopped with 0 after $((SECONDS - begun)) s"
