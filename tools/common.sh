# tools/common.sh: what ./run and ./test share: words for a person, packages, Node.js, building. Sourced by bash, not run.
#
# Every step is quiet while it goes well. What the tools said is in $log; a step that fails shows its end and names it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log_dir=$root/build/log
log=$log_dir/build.log

say() { printf '%s\n' "$*" >&2; }

die() {
    printf 'footfall: %s\n' "$*" >&2
    exit 1
}

# start_log NAME: the steps from here on write into build/log/NAME.log.
start_log() {
    mkdir -p "$log_dir" || die "cannot write into $log_dir"
    log=$log_dir/$1.log
    : >"$log"
}

# step SENTENCE COMMAND…: says what is going on, runs it with its output in the log, says how long it took.
step() {
    local sentence=$1 started=$SECONDS status=0
    shift
    printf '%s … ' "$sentence" >&2
    printf '\n== %s\n' "$sentence" >>"$log"
    "$@" >>"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -ne 0 ]; then
        printf 'failed\n\n' >&2
        tail -n 30 "$log" >&2
        printf '\n' >&2
        die "«$sentence» failed with status $status. Everything it said is in $log"
    fi
    printf '%d s\n' $((SECONDS - started)) >&2
}

# --- Debian packages -----------------------------------------------------------------------------------------------

packages_to_build="
    gcc libc6-dev meson ninja-build pkg-config ca-certificates tzdata
    libuv1-dev libhttp-parser-dev libssl-dev zlib1g-dev libjansson-dev libsodium-dev libsqlite3-dev libpq-dev
    libinih-dev libglib2.0-dev libgdk-pixbuf-2.0-dev libicu-dev uthash-dev"
packages_to_test="postgresql libcmocka-dev clang clang-format clang-tidy libclang-rt-dev git openssl sqlite3"
packages_to_browse="chromium fonts-dejavu-core"

missing_packages() {
    local name
    for name in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s ' "$name"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# install_packages NAME…: does nothing, and asks nothing, where all of them are there.
install_packages() {
    command -v dpkg-query >/dev/null || die "this script installs Debian packages, and this is no Debian. Needed: $(echo "$@")"
    local missing
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die "packages are missing, and there is neither root nor sudo here. As root: apt-get install --no-install-recommends $missing"
        say "Some Debian packages are missing: $missing"
        sudo -v || die "sudo did not agree. As root: apt-get install --no-install-recommends $missing"
    fi
    step "Reading Debian's package lists" as_root apt-get -q update
    # shellcheck disable=SC2086
    step "Installing Debian packages ($(echo "$missing" | wc -w))" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qy -o Dpkg::Options::=--force-confold install --no-install-recommends $missing
}

# --- Node.js -------------------------------------------------------------------------------------------------------

node_needed=22.13 # what vite, vitest and eslint ask for: «^22.13 || >=24»
npm_needed=11     # vite 8 does not install with npm 10
node_taken=24.21.0
npm_taken=11.21.2

# at_least HAVE WANT: compares dotted versions.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

system_node_is_enough() {
    local node npm
    node=$(node --version 2>/dev/null) && npm=$(npm --version 2>/dev/null) || return 1
    node=${node#v}
    case $node in 23.* | 25.*) return 1 ;; esac
    at_least "$node" "$node_needed" && at_least "$npm" "$npm_needed"
}

# Puts a Node.js and an npm that the web tools can use first on PATH: the system's, or else our own in .node/.
use_node() {
    system_node_is_enough && return 0
    if [ "$(cat "$root/.node/version" 2>/dev/null)" != "$node_taken $npm_taken" ]; then
        local machine
        case $(uname -m) in
        x86_64) machine=linux-x64 ;;
        aarch64) machine=linux-arm64 ;;
        *) die "Node.js $node_needed or newer is needed, and there is none for $(uname -m) to take. Please install one." ;;
        esac
        command -v npm >/dev/null || install_packages npm
        step "Fetching Node.js $node_taken" fetch_node "$machine"
    fi
    PATH=$root/.node/bin:$PATH
    # What this machine configured for npm (a proxy, a certificate) holds for the npm that we took, too.
    NPM_CONFIG_GLOBALCONFIG=$(cat "$root/.node/globalconfig")
    export PATH NPM_CONFIG_GLOBALCONFIG
}

fetch_node() {
    local into=$root/.node.new
    rm -rf "$into" && mkdir -p "$into/bin" || return 1
    (cd "$into" && echo '{"private":true}' >package.json &&
        npm install --no-audit --no-fund --ignore-scripts --save-exact "node-$1@$node_taken" "npm@$npm_taken") || return 1
    ln -s "../node_modules/node-$1/bin/node" "$into/bin/node" &&
        ln -s ../node_modules/npm/bin/npm-cli.js "$into/bin/npm" &&
        ln -s ../node_modules/npm/bin/npx-cli.js "$into/bin/npx" || return 1
    chmod +x "$into/bin/node" "$into/node_modules/npm/bin/npm-cli.js" "$into/node_modules/npm/bin/npx-cli.js" || return 1
    npm config get globalconfig >"$into/globalconfig" || return 1
    "$into/bin/node" --version || return 1
    echo "$node_taken $npm_taken" >"$into/version" && rm -rf "$root/.node" && mv "$into" "$root/.node"
}

# --- Building ------------------------------------------------------------------------------------------------------

# npm_packages FOLDER: `npm ci` there, only where its lock file (or Node.js) changed since the last time.
npm_packages() {
    local folder=$root/$1 sum
    sum=$(cat "$folder/package-lock.json" <(node --version) | sha256sum)
    [ "$(cat "$folder/node_modules/.installed-from" 2>/dev/null)" = "$sum" ] && return 0
    step "Fetching npm packages for $1/" npm --prefix "$folder" ci --no-audit --no-fund
    echo "$sum" >"$folder/node_modules/.installed-from"
}

# Builds web/dist, only where something under web/ (or the API's description) is newer.
build_web() {
    [ -f "$root/web/package.json" ] || return 0
    use_node
    npm_packages web
    local stamp=$root/web/node_modules/.built newer
    if [ -f "$stamp" ] && [ -f "$root/web/dist/index.html" ]; then
        newer=$(cd "$root" && find web docs/api -mindepth 1 \( -name node_modules -o -path web/dist \) -prune -o -newer "$stamp" -print -quit 2>/dev/null)
        [ -n "$newer" ] || return 0
    fi
    step "Building the web app" npm --prefix "$root/web" run build
    touch "$stamp"
}

# build_c FOLDER [MESON OPTION…]: sets the folder up the first time, then builds it.
build_c() {
    local folder=$root/$1
    shift
    if [ ! -f "$folder/build.ninja" ]; then
        step "Preparing ${folder##*/}/" meson setup "$folder" "$root" "$@"
    fi
    step "Building the server (${folder##*/}/)" ninja -C "$folder"
}
