"""Tell which folders an IMAP account has, read by another client than mailhaul.

usage: reference_folders.py HOST PORT USER   (the password is the first line of standard input)

Prints one JSON object a line for each folder: name (as it stands on the wire),
attributes (of LIST and, where the server has SPECIAL-USE, the special uses among
them, spelled as the server does), subscribed, and the counters of STATUS where
the folder can be opened. Only the standard library is used.
"""
import imaplib
import json
import re
import sys

imaplib._MAXLINE = 100_000_000


def names(status, lines):
    """Returns {name: attributes} of the answers to LIST or LSUB."""
    if status != 'OK':
        raise SystemExit('LIST: %s %r' % (status, lines))
    found = {}
    for line in lines:
        literal = None
        if isinstance(line, tuple):  # the name came as a literal
            line, literal = line
        match = re.match(rb'\(([^)]*)\) (?:NIL|"(?:\\.|[^"])*") (.*)$', line or b'', re.S)
        if not match:
            continue  # nothing, or the rest of a line behind a literal
        name = match.group(2)
        if literal is not None:
            name = literal
        elif name.startswith(b'"'):
            name = re.sub(rb'\\(.)', rb'\1', name[1:-1])
        found[name.decode('latin-1')] = match.group(1).decode().split()
    return found


def quoted(name):
    return '"' + name.replace('\\', '\\\\').replace('"', '\\"') + '"'


def main():
    host, port, user = sys.argv[1:]
    password = sys.stdin.readline().rstrip('\n')
    with imaplib.IMAP4(host, int(port)) as imap:
        imap.login(user, password)
        folders = names(*imap.list())
        if b'SPECIAL-USE' in imap.capability()[1][0].split():
            for name, attributes in names(*imap.list('(SPECIAL-USE) ""', '*')).items():
                folders[name] = sorted(set(folders.get(name, [])) | set(attributes))
        # A name with \Noselect is told for the sake of those below it.
        subscribed = {n for n, attributes in names(*imap.lsub()).items() if '\\noselect' not in map(str.lower, attributes)}
        for name in sorted(set(folders) | subscribed):
            attributes = folders.get(name, ['\\NonExistent'])
            out = {'name': name, 'attributes': sorted(attributes), 'subscribed': name in subscribed}
            if not {'\\noselect', '\\nonexistent'} & {a.lower() for a in attributes}:
                status, lines = imap.status(quoted(name), '(MESSAGES UIDNEXT UIDVALIDITY)')
                if status != 'OK':
                    raise SystemExit('STATUS %s: %r' % (name, lines))
                text = b' '.join(x for line in lines for x in (line if isinstance(line, tuple) else (line,)))
                counters = text[text.rindex(b'('):]
                for item in ('MESSAGES', 'UIDNEXT', 'UIDVALIDITY'):
                    out[item.lower()] = int(re.search(item.encode() + rb' (\d+)', counters).group(1))
            print(json.dumps(out))


main()
