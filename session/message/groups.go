package message

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"wadah/models"
)

// Groups answers about groups from the store, which follows WhatsApp's news of them. It
// asks WhatsApp about what is not there, seldom: WhatsApp refuses who asks much.
type Groups struct {
	store *models.Store
	mu    sync.Mutex
	asks  map[string]*groupAsks // by device and account
}

// groupAsks is how an account may ask.
type groupAsks struct {
	turn    chan struct{} // holds who is asking
	limit   *rate.Limiter
	blocked time.Time // WhatsApp wants no questions before
	strikes int       // how often in a row it said so
	invites map[string]string
}

// Limits of asking about groups.
const (
	// groupsEvery is how often the whole list may be asked for by hand.
	groupsEvery = 10 * time.Minute
	// groupEvery is how often a device may ask about one more group, after groupBurst at once.
	groupEvery = 10 * time.Second
	groupBurst = 20
	// groupPause is how long a device asks nothing after WhatsApp has refused to answer,
	// doubled each time up to groupPauseMax.
	groupPause    = time.Minute
	groupPauseMax = 30 * time.Minute
	// maxInvites is how many codes of groups are remembered in which the account is not.
	maxInvites = 1000
)

// NewGroups makes it.
func NewGroups(store *models.Store) *Groups {
	return &Groups{store: store, asks: make(map[string]*groupAsks)}
}

func (g *Groups) of(deviceID, account string) *groupAsks {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, ok := g.asks[deviceID+" "+account]
	if !ok {
		a = &groupAsks{
			turn: make(chan struct{}, 1), limit: rate.NewLimiter(rate.Every(groupEvery), groupBurst), invites: make(map[string]string),
		}
		g.asks[deviceID+" "+account] = a
	}
	return a
}

// begin waits for its turn to ask. Errors: *PacedError.
func (g *Groups) begin(ctx context.Context, a *groupAsks) (end func(), err error) {
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return func() { <-a.turn }, nil
}

// spend takes one question from the account's allowance. The caller has the turn.
func (a *groupAsks) spend() error {
	now := time.Now()
	if now.Before(a.blocked) {
		return &PacedError{Until: a.blocked}
	}
	r := a.limit.ReserveN(now, 1)
	if delay := r.DelayFrom(now); delay > 0 {
		r.CancelAt(now)
		return &PacedError{Until: now.Add(delay)}
	}
	return nil
}

// heard takes up how WhatsApp has answered.
func (a *groupAsks) heard(err error) error {
	var refused *RefusedError
	switch {
	case errors.As(err, &refused) && refused.Why == RefusedTooMany:
		a.blocked = time.Now().Add(min(groupPause<<min(a.strikes, 10), groupPauseMax))
		a.strikes++
	case err == nil:
		a.strikes = 0
	}
	return err
}

// List returns the groups of an account. Ask asks WhatsApp for all of them, when that was
// not done before; with fresh anew. Errors: *PacedError, those of ask.
func (g *Groups) List(ctx context.Context, deviceID, account string, fresh, members bool,
	ask func(context.Context) ([]Group, error),
) ([]models.Group, error) {
	if err := g.read(ctx, deviceID, account, fresh, ask); err != nil {
		return nil, err
	}
	return g.store.Groups(ctx, deviceID, account, members)
}

// Read asks for the groups of an account, unless that was done before.
func (g *Groups) Read(ctx context.Context, deviceID, account string, ask func(context.Context) ([]Group, error)) error {
	return g.read(ctx, deviceID, account, false, ask)
}

func (g *Groups) read(ctx context.Context, deviceID, account string, fresh bool, ask func(context.Context) ([]Group, error)) error {
	due := func() (bool, error) {
		at, err := g.store.GroupsRead(ctx, deviceID, account)
		switch next := at.Add(groupsEvery); {
		case err != nil || at.IsZero() || !fresh:
			return at.IsZero(), err
		case time.Now().Before(next):
			return false, &PacedError{Until: next}
		}
		return true, nil
	}
	if is, err := due(); err != nil || !is {
		return err
	}
	a := g.of(deviceID, account)
	end, err := g.begin(ctx, a)
	if err != nil {
		return err
	}
	defer end()
	if is, err := due(); err != nil || !is { // somebody else has asked meanwhile
		return err
	}
	if err := a.spend(); err != nil {
		return err
	}
	asked := time.Now()
	list, err := ask(ctx)
	if a.heard(err) != nil {
		return err
	}
	stored := make([]models.Group, 0, len(list))
	for _, one := range list {
		stored = append(stored, storedGroup(one))
	}
	_, err = g.store.SaveGroups(ctx, deviceID, account, stored, asked, true)
	return err
}

// Get returns a group. Ask asks WhatsApp about it when it is not known; afresh in any case.
// Errors: *PacedError, those of ask; *RefusedError (not_in_group).
func (g *Groups) Get(ctx context.Context, deviceID, account, jid string, afresh bool,
	ask func(context.Context, string) (Group, error),
) (models.Group, error) {
	if !afresh {
		known, err := g.store.GroupOf(ctx, deviceID, account, jid, true)
		switch {
		case err == nil && known.LeftAt.IsZero():
			return known, nil
		case err == nil:
			return known, &RefusedError{Why: RefusedNotInGroup}
		case !errors.Is(err, models.ErrNotFound):
			return known, err
		}
	}
	a := g.of(deviceID, account)
	end, err := g.begin(ctx, a)
	if err != nil {
		return models.Group{}, err
	}
	defer end()
	if err := a.spend(); err != nil {
		return models.Group{}, err
	}
	asked := time.Now()
	one, err := ask(ctx, jid)
	var refused *RefusedError
	if errors.As(err, &refused) && refused.Why == RefusedNotInGroup {
		return models.Group{}, errors.Join(err, g.store.LeaveGroup(ctx, deviceID, account, jid))
	}
	if a.heard(err) != nil {
		return models.Group{}, err
	}
	if _, err := g.store.SaveGroups(ctx, deviceID, account, []models.Group{storedGroup(one)}, asked, false); err != nil {
		return models.Group{}, err
	}
	return g.store.GroupOf(ctx, deviceID, account, jid, true)
}

// Invited finds the group that the code of an invitation leads to. Errors: *PacedError,
// those of ask.
func (g *Groups) Invited(ctx context.Context, deviceID, account, code string, ask func(context.Context, string) (Group, error)) (jid string, err error) {
	jid, err = g.store.InvitedTo(ctx, deviceID, account, code)
	if err == nil || !errors.Is(err, models.ErrNotFound) {
		return jid, err
	}
	a := g.of(deviceID, account)
	end, err := g.begin(ctx, a)
	if err != nil {
		return "", err
	}
	defer end()
	if jid, ok := a.invites[code]; ok {
		return jid, nil
	}
	if err := a.spend(); err != nil {
		return "", err
	}
	one, err := ask(ctx, code)
	if a.heard(err) != nil {
		return "", err
	}
	if len(a.invites) >= maxInvites {
		clear(a.invites)
	}
	a.invites[code] = one.JID
	return one.JID, g.store.SaveInvite(ctx, deviceID, account, one.JID, code)
}

// storedGroup is a group as the store takes it.
func storedGroup(g Group) models.Group {
	s := models.Group{
		JID: g.JID, Subject: g.Subject, SubjectBy: personOf(g.SubjectBy), SubjectAt: g.SubjectAt, Description: g.Description,
		Owner: personOf(g.Owner), CreatedAt: g.CreatedAt, Announce: g.Announce, Locked: g.Locked, Approval: g.Approval,
		MembersAdd: g.MembersAdd, Timer: int64(g.Timer.Seconds()), Community: g.Community, News: g.News, Suspended: g.Suspended,
		Parent: g.Parent, Addressing: string(g.Addressing), Size: int64(g.Size), OwnRole: string(g.Own),
	}
	for _, m := range g.Members {
		s.Members = append(s.Members, models.GroupMember{Contact: models.Contact{Person: personOf(m.Party)}, Role: string(m.Role)})
	}
	return s
}

// groupUpdate is what a change means for the group as it is stored; nil for nothing.
func groupUpdate(in GroupChange) *models.GroupUpdate {
	u := &models.GroupUpdate{}
	var people []models.Person
	for _, m := range in.Members {
		people = append(people, personOf(m))
	}
	role := func(r Role) {
		for _, p := range people {
			u.Roles = append(u.Roles, models.GroupMember{Contact: models.Contact{Person: p}, Role: string(r)})
		}
		if in.Own {
			u.OwnRole = new(string(r))
		}
	}
	on := in.Value == "true"
	switch in.Action {
	case GroupCreated:
		if in.Whole == nil {
			u.Reread = true
			break
		}
		u.Whole = new(storedGroup(*in.Whole))
	case GroupJoined:
		u.Joined, u.OwnJoined = people, in.Own
	case GroupLeft:
		u.Left, u.OwnLeft = people, in.Own
	case GroupPromoted:
		role(RoleAdmin)
	case GroupDemoted:
		role(RoleMember)
	case GroupSubject:
		u.SubjectBy, u.SubjectAt = new(personOf(in.By)), in.At
	case GroupDescription:
		u.Description = &in.Value
	case GroupAnnounce:
		u.Announce = &on
	case GroupLocked:
		u.Locked = &on
	case GroupSuspended:
		u.Suspended = &on
	case GroupApproval:
		u.Approval, u.Reread = &on, in.Value == ""
		if u.Reread {
			u.Approval = nil
		}
	case GroupInvite:
		u.Invite = in.Value
	case GroupLinked, GroupUnlinked, GroupOtherChanged:
		u.Reread = true
	case GroupDeleted:
		u.OwnLeft = true
	case GroupTimer, GroupRequested, GroupPicture:
		return nil
	}
	return u
}
