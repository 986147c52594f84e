#!/bin/bash
# Installs what the tests need beside Go: Dovecot, Cyrus and Courier, the programs
# that read archives in tests, and a C compiler for the race detector. For Debian 12,
# as root. It does nothing, at once, where everything is there.
#
# No server is started, now or at the next boot: tests run private ones. Debian
# lets only one package that provides "imap-server" be installed. So Dovecot is
# installed as usual, and of Cyrus and Courier the parts that may stand beside it;
# the three programs that are missing then are taken out of their packages.
set -euo pipefail

packages=(
	dovecot-imapd
	cyrus-common sasl2-bin libsasl2-modules libsasl2-modules-db libwrap0
	courier-base courier-authdaemon courier-authlib-userdb gamin libgamin0 libidn12 libcourier-unicode4
	isync mutt mblaze python3 strace openssl tmux
	gcc libc6-dev make git ca-certificates util-linux procps
)
# Each file, or program in PATH, that tests use.
needed=(
	/usr/sbin/dovecot /usr/lib/dovecot/imap
	/usr/lib/cyrus/bin/master /usr/lib/cyrus/bin/ctl_cyrusdb /usr/lib/cyrus/bin/imapd /usr/sbin/saslpasswd2
	/usr/sbin/couriertcpd /usr/sbin/makeuserdb /usr/bin/couriertls /usr/lib/courier/courier-authlib/authdaemond
	/usr/lib/courier/courier/imaplogin /usr/bin/imapd
	mbsync mutt mshow python3 strace openssl tmux gcc make git unshare
)

missing() {
	local x
	for x in "${needed[@]}"; do
		command -v "$x" >/dev/null || echo "$x"
	done
}

fail() {
	echo "install-servers.sh: $*" >&2
	exit 1
}

if [ -z "$(missing)" ]; then
	exit 0
fi
echo "install-servers.sh: missing:" $(missing)
[ "$(id -u)" = 0 ] || fail "run it as root: it installs packages"
. /etc/os-release
[ "${ID:-}" = debian ] && [ "${VERSION_ID:-}" = 12 ] ||
	fail "made for Debian 12, this is ${PRETTY_NAME:-something else}; the tests need Dovecot 2.3, Cyrus 3.6 and Courier 5 in the places where Debian puts them"

# While packages are installed no service may start: Debian asks this program.
policy=/usr/sbin/policy-rc.d
work=$(mktemp -d)
[ ! -e $policy ] || mv $policy "$work/policy-rc.d"
restore() {
	rm -f $policy
	[ ! -e "$work/policy-rc.d" ] || mv "$work/policy-rc.d" $policy
	rm -rf "$work"
}
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' >$policy
chmod 755 $policy

export DEBIAN_FRONTEND=noninteractive
# quietly COMMAND...: its output is shown when it fails.
quietly() {
	"$@" </dev/null >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "failed: $*"; }
}
quietly apt-get update
quietly apt-get install -y --no-install-recommends --no-remove --no-upgrade "${packages[@]}"

# unpack PACKAGE VERSION FILE...: puts files of a package where they belong
# without installing it.
unpack() {
	local package=$1 version=$2 file
	shift 2
	(cd "$work" && quietly apt-get -o APT::Sandbox::User=root download "$package$version")
	dpkg-deb -x "$work/$package"_*.deb "$work/$package"
	for file; do
		[ -e "$file" ] || install -D -m 755 "$work/$package$file" "$file"
	done
}
# Cyrus's parts must be of one version: they share databases.
unpack cyrus-imapd "=$(dpkg-query -W -f '${Version}' cyrus-common)" /usr/lib/cyrus/bin/imapd
unpack courier-imap "" /usr/lib/courier/courier/imaplogin /usr/bin/imapd

if [ -d /run/systemd/system ]; then
	for unit in dovecot.service dovecot.socket cyrus-imapd.service courier-authdaemon.service; do
		systemctl disable --quiet --now "$unit" 2>/dev/null || true # not all are there
	done
fi
[ -z "$(missing)" ] || fail "still missing after the installation:" $(missing)
