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

ITEM = re.compile(rb'UID (\d+)')
FLAGS = re.compile(rb'FLAGS \(([^)]*)\)')
DATE = re.compile(rb'INTERNALDATE "([^"]*)"')
BATCH = 50  # messages a command; one by one, each would wait for a delayed ACK


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


def responses(parts):
    """Yields (text, literal) of each FETCH response.

    imaplib gives a response with a literal as (text before, literal) and, apart,
    the text after it, and one without a literal as its text.
    """
    text, literal = b'', b''
    for part in parts:
        head, body = part if isinstance(part, tuple) else (part or b'', b'')
        if re.match(rb'\d+ \(', head) and text:
            yield text, literal
            text, literal = b'', b''
        text += b' ' + head
        literal += body
    if text.strip():
        yield text, literal


def messages(imap):
    """Yields what FETCH tells of each message of the open folder."""
    status, found = imap.uid('SEARCH', 'ALL')
    if status != 'OK':
        raise SystemExit('SEARCH: %s %r' % (status, found))
    uids = b' '.join(x for x in found if x).split()
    for i in range(0, len(uids), BATCH):
        asked = b','.join(uids[i:i + BATCH]).decode()
        status, parts = imap.uid('FETCH', asked, '(UID FLAGS INTERNALDATE BODY.PEEK[])')
        if status != 'OK':
            raise SystemExit('FETCH %s: %s %r' % (asked, status, parts))
        got = 0
        for text, body in responses(parts):
            if not DATE.search(text):
                continue  # a change of flags that no one asked for
            got += 1
            flags = FLAGS.search(text).group(1).decode().split()
            yield {
                'uid': int(ITEM.search(text).group(1)),
                'flags': sorted(f for f in flags if f.lower() != '\\recent'),
                'internaldate': DATE.search(text).group(1).decode(),
                'size': len(body),
                'sha256': hashlib.sha256(body).hexdigest(),
            }
        if got != len(asked.split(',')):
            raise SystemExit('FETCH %s: %d messages' % (asked, got))


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
