#!/usr/bin/env python3
"""Tell what an IMAP account holds, read by another client than mailhaul.

usage: reference.py HOST PORT USER   (the password is the first line of standard input)

Prints one JSON object a line for each message of each folder: folder (as it
stands on the wire), uid, flags (sorted, without \\Recent), internaldate (as the
server gave it), size (octets of the literal), sha256 (of the literal).
Only the standard library is used; imaplib reads the answers.
"""
import hashlib
import imaplib
import json
import re
import sys

imaplib._MAXLINE = 100_000_000  # FETCH lines of some servers are longer than imaplib expects

# One message at a time keeps what is in memory small.
ITEM = re.compile(rb'UID (\d+)')
FLAGS = re.compile(rb'FLAGS \(([^)]*)\)')
DATE = re.compile(rb'INTERNALDATE "([^"]*)"')


def folders(imap):
    """Yields the wire names of all folders that can be opened."""
    status, lines = imap.list()
    if status != 'OK':
        raise SystemExit('LIST: %s %r' % (status, lines))
    for line in lines:
        if line is None:
            continue
        if isinstance(line, tuple):  # the name came as a literal
            head, name = line
        else:
            match = re.match(rb'(\([^)]*\) (?:NIL|"(?:\\.|[^"])*")) (.*)$', line, re.S)
            if not match:
                continue  # the rest of a line behind a literal
            head, name = match.groups()
            if name.startswith(b'"'):
                name = re.sub(rb'\\(.)', rb'\1', name[1:-1])
        if b'\\noselect' not in head.lower() and b'\\nonexistent' not in head.lower():
            yield name.decode('latin-1')


def quoted(name):
    return '"' + name.replace('\\', '\\\\').replace('"', '\\"') + '"'


def messages(imap):
    """Yields what FETCH tells of each message of the open folder."""
    status, found = imap.uid('SEARCH', 'ALL')
    if status != 'OK':
        raise SystemExit('SEARCH: %s %r' % (status, found))
    for uid in b' '.join(x for x in found if x).split():
        status, parts = imap.uid('FETCH', uid.decode(), '(UID FLAGS INTERNALDATE BODY.PEEK[])')
        if status != 'OK':
            raise SystemExit('FETCH %s: %s %r' % (uid, status, parts))
        # imaplib gives (text before the literal, literal), then the text after it.
        text = b' '.join(p[0] if isinstance(p, tuple) else p or b'' for p in parts)
        body = b''.join(p[1] for p in parts if isinstance(p, tuple))
        if not ITEM.search(text):
            raise SystemExit('FETCH %s: no answer' % uid)
        flags = FLAGS.search(text).group(1).decode().split()
        yield {
            'uid': int(ITEM.search(text).group(1)),
            'flags': sorted(f for f in flags if f.lower() != '\\recent'),
            'internaldate': DATE.search(text).group(1).decode(),
            'size': len(body),
            'sha256': hashlib.sha256(body).hexdigest(),
        }


def main():
    host, port, user = sys.argv[1:]
    password = sys.stdin.readline().rstrip('\n')
    with imaplib.IMAP4(host, int(port)) as imap:
        imap.login(user, password)
        for name in folders(imap):
            status, text = imap.select(quoted(name), readonly=True)
            if status != 'OK':
                raise SystemExit('EXAMINE %s: %r' % (name, text))
            for message in messages(imap):
                print(json.dumps({'folder': name, **message}))


main()
