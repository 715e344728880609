# What a bare Debian or Ubuntu lacks for building and running Redial. Sourced by deploy/quickstart, tests/run and .ci/run.
# Whatever is there already is left exactly as it is.

# Where rustup puts cargo, for a shell that has not read its profile again.
PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "installing packages needs root, and sudo is not there" "run as root: $*"
    fi
}

install_packages() {
    command -v apt-get >/dev/null || fail "this is no Debian or Ubuntu: apt-get is missing" "install by hand: $*"
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

need_cargo() {
    command -v cargo >/dev/null || fail "cargo is not installed" "get it from https://rustup.rs, then run this again"
}

# zstd and ring are built from C.
need_compiler() {
    command -v cc >/dev/null || install_packages gcc libc6-dev
}

need_redis() {
    if ! command -v redis-server >/dev/null; then
        install_packages redis-server
        silence_new_service
    fi
    local major
    major=$(redis-server --version | sed -n 's/.*v=\([0-9]*\)\..*/\1/p')
    [ "${major:-0}" -ge 7 ] || fail "redis-server is older than 7" "get a newer one from https://packages.redis.io"
}

# The package starts a Redis on port 6379, which nobody asked for. Only called when it was we who installed it: one that
# was here before is not touched.
silence_new_service() {
    if [ -d /run/systemd/system ]; then
        as_root systemctl disable --now redis-server >/dev/null 2>&1 || true
    elif command -v service >/dev/null; then
        as_root service redis-server stop >/dev/null 2>&1 || true
        as_root update-rc.d redis-server disable >/dev/null 2>&1 || true
    fi
}

# The dashboard's tests look at it in a real browser.
need_chromium() {
    if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
        install_packages chromium chromium-driver
    fi
}

# Fetches the accessibility checker.
need_npm() {
    command -v npm >/dev/null || install_packages npm
}

need_nextest() {
    command -v cargo-nextest >/dev/null || cargo install cargo-nextest --locked
}

# What rustup's minimal profile leaves out of the toolchain.
need_lints() {
    cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
    cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
}
