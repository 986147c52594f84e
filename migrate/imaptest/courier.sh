# Runs Courier in the namespaces that it was started in: $1 is its directory,
# $2 the port for plain text and STARTTLS, $3 the port for implicit TLS.
set -eu
dir=$1 plain=$2 overtls=$3
mount --make-rprivate /
mount --bind "$dir/etc" /etc/courier
mount --bind "$dir/run" /run/courier
makeuserdb
/usr/lib/courier/courier-authlib/authdaemond </dev/null >>"$dir/authdaemond.log" 2>&1 &

export IMAP_CAPABILITY="IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE"
export IMAP_CAPABILITY_ORIG="$IMAP_CAPABILITY" IMAP_CAPABILITY_TLS="$IMAP_CAPABILITY AUTH=PLAIN"
export IMAP_CAPABILITY_TLS_ORIG="$IMAP_CAPABILITY_TLS"
export IMAP_KEYWORDS=1 IMAP_ACL=1 IMAP_PROXY=0 IMAP_PROXY_FOREIGN=0 IMAP_IDLE_TIMEOUT=60
export IMAP_MAILBOX_SANITY_CHECK=0 IMAP_DISABLETHREADSORT=0 IMAP_CHECK_ALL_FOLDERS=0
export IMAP_OBSOLETE_CLIENT=0 IMAP_UMASK=022 IMAP_USELOCKS=1 IMAP_ENHANCEDIDLE=0
export IMAP_TRASHFOLDERNAME=Trash IMAP_MOVE_EXPUNGE_TO_TRASH=0
export AUTHMODULES=authdaemon MAILDIRPATH=Maildir MAILDIR=Maildir
export IMAP_STARTTLS=YES IMAPDSTARTTLS=YES IMAP_TLS_REQUIRED=0
export COURIERTLS=/usr/bin/couriertls TLS_CERTFILE="$dir/server.pem" TLS_PROTOCOL=TLSv1.2+ TLS_VERIFYPEER=NONE

# port log command...: listens and starts a command for each connection.
serve() {
	port=$1 log=$2; shift 2
	couriertcpd -address=127.0.0.1 -stderr="$log" -maxprocs=400 -maxperip=400 -nodnslookup -noidentlookup \
		"$port" "$@" /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir </dev/null >>"$log" 2>&1 &
}
IMAP_TLS=0 serve "$plain" "$dir/imapd.log"
IMAP_TLS=1 serve "$overtls" "$dir/imapd-ssl.log" /usr/bin/couriertls -server -tcpd
wait
