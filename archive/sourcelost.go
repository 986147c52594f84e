package archive

import (
	"context"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// lost is what was deleted from the server, by the folder's ID and the
// UIDVALIDITY.
type lost map[int64]map[uint32]*lostPart

// lostPart is what was deleted under one UIDVALIDITY of a folder.
type lostPart struct {
	uids mailhaul.UIDSet
	sum  sum
}

// findLost looks up what was deleted since.
func (s *Source) findLost(ctx context.Context) (lost, error) {
	found := lost{}
	for m, err := range s.a.ledger.Lost(ctx, *s.o.DeletedSince) {
		if err != nil {
			return nil, err
		}
		if found[m.FolderID] == nil {
			found[m.FolderID] = map[uint32]*lostPart{}
		}
		part := found[m.FolderID][m.UIDValidity]
		if part == nil {
			part = new(lostPart)
			found[m.FolderID][m.UIDValidity] = part
		}
		part.uids.Add(m.UID)
		part.sum.add(&m, true)
	}
	return found, nil
}

func (l lost) has(m *checkpoint.Message) bool {
	part := l[m.FolderID][m.UIDValidity]
	return part != nil && part.uids.Contains(m.UID)
}

// uidsOf returns the UIDs that were deleted under one UIDVALIDITY of a folder.
func (l lost) uidsOf(folderID int64, uidValidity uint32) mailhaul.UIDSet {
	if part := l[folderID][uidValidity]; part != nil {
		return part.uids
	}
	return mailhaul.UIDSet{}
}
