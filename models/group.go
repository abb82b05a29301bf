package models

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"wadah/models/rules"
)

// Group is a group of an account.
type Group struct {
	ChatID      string // ours; given by the store
	JID         string
	Subject     string
	SubjectBy   Person
	SubjectAt   time.Time
	Description string
	Owner       Person
	CreatedAt   time.Time
	Announce    bool  // only admins may write
	Locked      bool  // only admins may change its details
	Approval    bool  // admins must let new members in
	MembersAdd  bool  // members may add others, too
	Timer       int64 // seconds until messages disappear
	Community   bool
	News        bool
	Suspended   bool
	Parent      string // JID of the community it belongs to
	Addressing  string
	Size        int64
	OwnRole     string    // what the account itself may do; "" is a member
	LeftAt      time.Time // zero: the account is a member
	Members     []GroupMember
}

// GroupMember is somebody in a group.
type GroupMember struct {
	Contact
	Role string // "", "admin", "superadmin"
}

// GroupUpdate is what changes of a group. What is nil or empty stays.
type GroupUpdate struct {
	Whole *Group // the group as it is now

	Joined, Left []Person
	Roles        []GroupMember // whose role is another one now
	OwnJoined    bool          // the account itself is among Joined
	OwnLeft      bool          // likewise; or there is no such group any more
	OwnRole      *string

	SubjectBy   *Person // with SubjectAt; the subject itself is Arrival.ChatName
	SubjectAt   time.Time
	Description *string
	Announce    *bool
	Locked      *bool
	Approval    *bool
	Suspended   *bool
	Invite      string // the new code

	Reread bool // the group must be asked for to know what has changed
}

// people are all who are named.
func (u *GroupUpdate) people() []Person {
	list := slices.Concat(u.Joined, u.Left)
	for _, m := range u.Roles {
		list = append(list, m.Person)
	}
	if u.Whole != nil {
		for _, m := range u.Whole.Members {
			list = append(list, m.Person)
		}
	}
	return slices.DeleteFunc(list, func(p Person) bool { return !p.Known() })
}

type groupRow struct {
	ChatID     string `gorm:"primaryKey"`
	OwnerLID   string `gorm:"column:owner_lid"`
	OwnerPN    string `gorm:"column:owner_pn"`
	MadeAt     int64
	SubjectLID string `gorm:"column:subject_lid"`
	SubjectPN  string `gorm:"column:subject_pn"`
	SubjectAt  int64
	About      []byte
	Announce   bool
	Locked     bool
	Approval   bool
	MembersAdd bool
	Community  bool
	News       bool
	Suspended  bool
	Parent     string
	Addressing string
	Size       int64
	OwnRole    string
	Invite     string
	ReadAt     int64
	ChangedAt  int64
	LeftAt     int64
}

func (groupRow) TableName() string { return "group_chats" }

type groupMemberRow struct {
	ChatID    string `gorm:"primaryKey"`
	ContactID string `gorm:"primaryKey"`
	Role      string
}

func (groupMemberRow) TableName() string { return "group_members" }

// ExpectGroup is the kind of what is expected when a group must be asked for; Name is its JID.
const ExpectGroup = "group"

// changeGroup takes up what an arrival says of a group. Of one that is not known yet,
// changes do not suffice: it is expected then.
func (b *batch) changeGroup(who owner, chat *chatRow, u *GroupUpdate) (expects bool, err error) {
	if u.Whole != nil {
		return false, b.saveGroup(who, chat, *u.Whole, b.now)
	}
	var row groupRow
	err = b.tx.Where("chat_id = ?", chat.ID).Take(&row).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound) && u.OwnLeft:
		return false, nil
	case errors.Is(err, gorm.ErrRecordNotFound):
		return true, b.expect(who.device, Expected{Kind: ExpectGroup, Name: text(chat.JID)})
	case err != nil:
		return false, err
	}
	row.ChangedAt = b.now
	if err := b.changeMembers(who, &row, u); err != nil {
		return false, err
	}
	if err := b.changeDetails(who, &row, u); err != nil {
		return false, err
	}
	if err := b.tx.Save(&row).Error; err != nil || !u.OwnJoined && !u.Reread {
		return false, err
	}
	return true, b.expect(who.device, Expected{Kind: ExpectGroup, Name: text(chat.JID)})
}

// changeMembers takes up who joined, left or has another role.
func (b *batch) changeMembers(who owner, row *groupRow, u *GroupUpdate) error {
	for _, p := range u.Joined {
		c, err := b.contact(who, p, "")
		if err != nil {
			return err
		}
		res := b.tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&groupMemberRow{ChatID: row.ChatID, ContactID: c.ID})
		if res.Error != nil {
			return res.Error
		}
		row.Size += res.RowsAffected
	}
	for _, p := range u.Left {
		c, err := b.contact(who, p, "")
		if err != nil {
			return err
		}
		res := b.tx.Where("chat_id = ? AND contact_id = ?", row.ChatID, c.ID).Delete(&groupMemberRow{})
		if res.Error != nil {
			return res.Error
		}
		row.Size = max(row.Size-res.RowsAffected, 0)
	}
	for _, m := range u.Roles {
		c, err := b.contact(who, m.Person, "")
		if err != nil {
			return err
		}
		err = b.tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "chat_id"}, {Name: "contact_id"}},
			DoUpdates: clause.AssignmentColumns([]string{"role"}),
		}).Create(&groupMemberRow{ChatID: row.ChatID, ContactID: c.ID, Role: rules.Clip(m.Role, 20)}).Error
		if err != nil {
			return err
		}
	}
	switch {
	case u.OwnLeft:
		row.LeftAt, row.OwnRole = b.now, ""
	case u.OwnJoined:
		row.LeftAt, row.OwnRole = 0, ""
	}
	return nil
}

// changeDetails takes up what else has changed.
func (b *batch) changeDetails(who owner, row *groupRow, u *GroupUpdate) (err error) {
	for _, set := range []struct {
		to   *bool
		from *bool
	}{{&row.Announce, u.Announce}, {&row.Locked, u.Locked}, {&row.Approval, u.Approval}, {&row.Suspended, u.Suspended}} {
		if set.from != nil {
			*set.to = *set.from
		}
	}
	if u.OwnRole != nil {
		row.OwnRole = rules.Clip(*u.OwnRole, 20)
	}
	if u.SubjectBy != nil {
		row.SubjectLID, row.SubjectPN, row.SubjectAt = u.SubjectBy.LID, u.SubjectBy.PN, b.moment(u.SubjectAt)
	}
	if u.Invite != "" {
		row.Invite = b.s.inviteHash(u.Invite)
	}
	if u.Description != nil {
		row.About, err = b.s.vault.SealData(who.device, row.ChatID, []byte(*u.Description))
	}
	return err
}

// saveGroup stores a group as it was at a time.
func (b *batch) saveGroup(who owner, chat *chatRow, g Group, at int64) error {
	row := groupRow{
		ChatID: chat.ID, OwnerLID: g.Owner.LID, OwnerPN: g.Owner.PN, SubjectLID: g.SubjectBy.LID, SubjectPN: g.SubjectBy.PN,
		Announce: g.Announce, Locked: g.Locked, Approval: g.Approval, MembersAdd: g.MembersAdd, Community: g.Community, News: g.News,
		Suspended: g.Suspended, Parent: rules.Clip(g.Parent, 100), Addressing: rules.Clip(g.Addressing, 10), Size: g.Size,
		OwnRole: rules.Clip(g.OwnRole, 20), ReadAt: at, ChangedAt: at, MadeAt: milliOf(g.CreatedAt), SubjectAt: milliOf(g.SubjectAt),
	}
	var err error
	if row.About, err = b.s.vault.SealData(who.device, chat.ID, []byte(g.Description)); err != nil {
		return err
	}
	var members []groupMemberRow
	met := make(map[string]bool, len(g.Members))
	for _, m := range g.Members {
		if !m.Known() {
			continue
		}
		c, err := b.contact(who, m.Person, "")
		if err != nil {
			return err
		}
		if !met[c.ID] {
			members = append(members, groupMemberRow{ChatID: chat.ID, ContactID: c.ID, Role: rules.Clip(m.Role, 20)})
		}
		met[c.ID] = true
	}
	row.Size = max(row.Size, int64(len(members)))
	var old groupRow // the code of its invitation is told by itself
	if err := b.tx.Where("chat_id = ?", chat.ID).Limit(1).Find(&old).Error; err != nil {
		return err
	}
	row.Invite = old.Invite
	if err := b.tx.Save(&row).Error; err != nil {
		return err
	}
	if err := b.tx.Where("chat_id = ?", chat.ID).Delete(&groupMemberRow{}).Error; err != nil {
		return err
	}
	if len(members) > 0 {
		if err := b.tx.CreateInBatches(members, inChunk).Error; err != nil {
			return err
		}
	}
	if name := rules.Clip(g.Subject, 256); name != "" {
		chat.Name = name
	}
	chat.Timer = g.Timer
	b.chatChanged(chat)
	return nil
}

func milliOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// mergeMembers gives the memberships of one contact to another that is the same person.
func (b *batch) mergeMembers(old, young *contactRow) error {
	both := b.tx.Model(&groupMemberRow{}).Select("chat_id").Where("contact_id = ?", old.ID)
	if err := b.tx.Where("contact_id = ? AND chat_id IN (?)", young.ID, both).Delete(&groupMemberRow{}).Error; err != nil {
		return err
	}
	return b.tx.Model(&groupMemberRow{}).Where("contact_id = ?", young.ID).Update("contact_id", old.ID).Error
}

func (s *Store) inviteHash(code string) string {
	sum := s.vault.KeyHash("invitation " + code)
	return hex.EncodeToString(sum[:])
}

// membersAtOnce bounds how many members one transaction stores: messages wait for it.
const membersAtOnce = 1000

// SaveGroups stores groups as WhatsApp told them when it was asked at that time. What has
// happened to one of them since is newer: it is expected then, to be asked for again. With
// all, there are no others. Reports whether something is expected.
func (s *Store) SaveGroups(ctx context.Context, deviceID, account string, groups []Group, asked time.Time, all bool) (expects bool, err error) {
	const doing = "store groups"
	who, at := owner{deviceID, account}, asked.UnixMilli()
	for len(groups) > 0 {
		n, members := 0, 0
		for n < len(groups) && (n == 0 || members+len(groups[n].Members) <= membersAtOnce) && n < digestAtOnce {
			members += len(groups[n].Members)
			n++
		}
		part := groups[:n]
		groups = groups[n:]
		err := s.tx(ctx, doing, func(tx *gorm.DB) error {
			b := s.batch(tx)
			for i := range part {
				later, err := b.saveOlder(who, part[i], at)
				if err != nil {
					return err
				}
				expects = expects || later
			}
			return b.writeChats()
		})
		if err != nil {
			return expects, err
		}
	}
	if !all {
		return expects, nil
	}
	return expects, s.tx(ctx, doing, func(tx *gorm.DB) error {
		own := tx.Model(&chatRow{}).Select("id").Where("device_id = ? AND account = ?", deviceID, account)
		err := tx.Model(&groupRow{}).Where("left_at = 0 AND read_at < ? AND changed_at < ? AND chat_id IN (?)", at, at, own).
			Update("left_at", s.nowMilli()).Error
		if err != nil {
			return err
		}
		return setAccount(tx, accountRow{DeviceID: deviceID, Account: account, GroupsAt: s.nowMilli()}, "groups_at")
	})
}

// saveOlder stores a group as it was at a time, unless something has happened since.
func (b *batch) saveOlder(who owner, g Group, at int64) (expects bool, err error) {
	for _, m := range g.Members { // before the chat, as in accept
		if m.Known() {
			if _, err := b.contact(who, m.Person, ""); err != nil {
				return false, err
			}
		}
	}
	chat, err := b.chat(who, ChatRef{Kind: "group", JID: g.JID})
	if err != nil {
		return false, err
	}
	var row groupRow
	if err := b.tx.Where("chat_id = ?", chat.ID).Limit(1).Find(&row).Error; err != nil {
		return false, err
	}
	if row.ChangedAt >= at && row.ChatID != "" {
		return true, b.expect(who.device, Expected{Kind: ExpectGroup, Name: g.JID})
	}
	return false, b.saveGroup(who, chat, g, at)
}

// LeaveGroup stores that the account is no member of a group.
func (s *Store) LeaveGroup(ctx context.Context, deviceID, account, jid string) error {
	err := s.write(ctx).Model(&groupRow{}).Where("left_at = 0 AND chat_id IN (?)", s.chatsAt(ctx, deviceID, account, jid)).
		Update("left_at", s.nowMilli()).Error
	return wrap(ctx, "leave a group", err)
}

// chatsAt chooses the chat of an account that has this address.
func (s *Store) chatsAt(ctx context.Context, deviceID, account, jid string) *gorm.DB {
	return s.read(ctx).Model(&chatRow{}).Select("id").Where("device_id = ? AND account = ? AND jid = ?", deviceID, account, jid)
}

// SaveInvite remembers the code of an invitation to a group that is known.
func (s *Store) SaveInvite(ctx context.Context, deviceID, account, jid, code string) error {
	err := s.write(ctx).Model(&groupRow{}).Where("chat_id IN (?)", s.chatsAt(ctx, deviceID, account, jid)).
		Update("invite", s.inviteHash(code)).Error
	return wrap(ctx, "remember an invitation", err)
}

// InvitedTo finds the group of an account that a code invites to. ErrNotFound when none is known.
func (s *Store) InvitedTo(ctx context.Context, deviceID, account, code string) (jid string, err error) {
	var row chatRow
	err = s.read(ctx).Where("device_id = ? AND account = ? AND id IN (?)", deviceID, account,
		s.read(ctx).Model(&groupRow{}).Select("chat_id").Where("invite = ?", s.inviteHash(code))).Take(&row).Error
	return text(row.JID), wrap(ctx, "look for the group of an invitation", err)
}

// Groups returns the groups that an account is a member of, the oldest known first, with
// their members if they are wanted.
func (s *Store) Groups(ctx context.Context, deviceID, account string, members bool) ([]Group, error) {
	var rows []groupRow
	err := s.read(ctx).Where("left_at = 0 AND chat_id IN (?)",
		s.read(ctx).Model(&chatRow{}).Select("id").Where("device_id = ? AND account = ?", deviceID, account)).Order("chat_id").Find(&rows).Error
	if err != nil {
		return nil, wrap(ctx, "list groups", err)
	}
	return s.fillGroups(ctx, rows, members)
}

// GroupOf returns a group that an account is or was a member of. ErrNotFound when it is not known.
func (s *Store) GroupOf(ctx context.Context, deviceID, account, jid string, members bool) (Group, error) {
	var row groupRow
	if err := s.read(ctx).Where("chat_id IN (?)", s.chatsAt(ctx, deviceID, account, jid)).Take(&row).Error; err != nil {
		return Group{}, wrap(ctx, "find a group", err)
	}
	list, err := s.fillGroups(ctx, []groupRow{row}, members)
	if err != nil {
		return Group{}, err
	}
	return list[0], nil
}

func (s *Store) fillGroups(ctx context.Context, rows []groupRow, members bool) ([]Group, error) {
	var ids, people []string
	for _, r := range rows {
		ids = append(ids, r.ChatID)
	}
	byGroup := make(map[string][]groupMemberRow)
	if members {
		err := inParts(ids, func(part []string) error {
			var list []groupMemberRow
			err := s.read(ctx).Where("chat_id IN ?", part).Order("chat_id, contact_id").Find(&list).Error
			for _, m := range list {
				byGroup[m.ChatID] = append(byGroup[m.ChatID], m)
				people = append(people, m.ContactID)
			}
			return err
		})
		if err != nil {
			return nil, wrap(ctx, "list members of groups", err)
		}
	}
	who, err := s.look(ctx, ids, people)
	if err != nil {
		return nil, err
	}
	groups := make([]Group, 0, len(rows))
	for _, r := range rows {
		chat := who.chats[r.ChatID]
		about, err := s.vault.OpenData(chat.DeviceID, r.ChatID, r.About)
		if err != nil {
			return nil, err
		}
		g := Group{
			ChatID: r.ChatID, JID: chat.JID, Subject: chat.Name, SubjectBy: Person{r.SubjectLID, r.SubjectPN}, SubjectAt: momentOf(r.SubjectAt),
			Description: string(about), Owner: Person{r.OwnerLID, r.OwnerPN}, CreatedAt: momentOf(r.MadeAt), Announce: r.Announce,
			Locked: r.Locked, Approval: r.Approval, MembersAdd: r.MembersAdd, Timer: chat.Timer, Community: r.Community, News: r.News,
			Suspended: r.Suspended, Parent: r.Parent, Addressing: r.Addressing, Size: r.Size, OwnRole: r.OwnRole, LeftAt: momentOf(r.LeftAt),
		}
		for _, m := range byGroup[r.ChatID] {
			g.Members = append(g.Members, GroupMember{Contact: who.contacts[m.ContactID], Role: m.Role})
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// Expect remembers something outside of an arrival.
func (s *Store) Expect(ctx context.Context, deviceID string, e Expected) error {
	return s.tx(ctx, "expect something", func(tx *gorm.DB) error { return s.batch(tx).expect(deviceID, e) })
}
