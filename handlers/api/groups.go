package api

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
	"wadah/models"
	"wadah/session/message"
)

// What the calls about groups take.
var (
	groupsFresh   = &parameter{name: "refresh", kind: kindYes}
	groupsMembers = &parameter{name: "participants", kind: kindYes}
)

// groupInvite is the code of an invitation to a group, or the link that holds it.
var groupInvite = regexp.MustCompile(`^(?:(?i:https?://)?(?i:chat\.whatsapp\.com)/(?:invite/)?)?([0-9A-Za-z]{20,24})(?:[/?#].*)?$`)

// groupOf is the address of the group that a call names, also by an invitation. The device
// has to be connected for one that was never used.
func (s *Calls) groupOf(ctx context.Context, call deviceCall, p *parameter) (string, error) {
	named := call.in.text(p)
	if groupAddress.MatchString(named) {
		return named, nil
	}
	return s.devices.InvitedTo(ctx, call.snap.ID, named)
}

// The family's group. The people in it are named by number where that is known, as its
// programs are used to; our extras stand beside.
type (
	familyGroup struct {
		ID           string              `json:"id"`
		Subject      string              `json:"subject"`
		SubjectOwner *string             `json:"subjectOwner"`
		SubjectTime  *int64              `json:"subjectTime"`
		Creation     *int64              `json:"creation"`
		Owner        *string             `json:"owner"`
		Announce     bool                `json:"announce"`
		Restrict     bool                `json:"restrict"`
		Size         int64               `json:"size"`
		Participants []familyParticipant `json:"participants"`
	}

	familyParticipant struct {
		ID    string  `json:"id"`
		Admin *string `json:"admin"`
		LID   string  `json:"lid,omitempty"`
		Phone string  `json:"phone,omitempty"`
		Name  string  `json:"name,omitempty"`
	}

	familyGroupInfo struct {
		familyGroup
		IsCommunity      bool    `json:"isCommunity"`
		IsAnnounce       bool    `json:"isCommunityAnnounce"`
		JoinApproval     bool    `json:"joinApprovalMode"`
		MemberAdd        bool    `json:"memberAddMode"`
		LinkedParent     *string `json:"linkedParent"`
		Description      string  `json:"desc"`
		EphemeralSeconds int64   `json:"ephemeralDuration"`
		AddressingMode   string  `json:"addressingMode"`
		OwnRole          *string `json:"own_role"`
	}
)

// getListGroup answers the groups of the account as the family does.
func (s *Calls) getListGroup(c echo.Context, call deviceCall) error {
	members := !call.in.has(groupsMembers) || call.in.yes(groupsMembers)
	list, err := s.devices.Groups(c.Request().Context(), call.snap.ID, call.in.yes(groupsFresh), members)
	if err != nil {
		return err
	}
	out := make([]familyGroup, 0, len(list))
	for _, g := range list {
		out = append(out, familyGroupOf(g))
	}
	return web.WriteJSON(c, http.StatusOK, append(web.AppendAny([]byte(`{"code":200,"query":{},"results":`), out), '}'))
}

// getInfoGroup answers one group, with all that is known of it.
func (s *Calls) getInfoGroup(c echo.Context, call deviceCall) error {
	ctx := c.Request().Context()
	jid, err := s.groupOf(ctx, call, sendGroup)
	if err != nil {
		return err
	}
	g, err := s.devices.Group(ctx, call.snap.ID, jid, call.in.yes(groupsFresh))
	if err != nil {
		return err
	}
	body := web.AppendAny([]byte(`{"code":200,"query":`), query{To: jid})
	body = web.AppendAny(append(body, `,"results":`...), familyGroupInfo{
		familyGroup: familyGroupOf(g), IsCommunity: g.Community, IsAnnounce: g.News, JoinApproval: g.Approval, MemberAdd: g.MembersAdd,
		LinkedParent: known(g.Parent), Description: g.Description, EphemeralSeconds: g.Timer, AddressingMode: g.Addressing, OwnRole: known(g.OwnRole),
	})
	return web.WriteJSON(c, http.StatusOK, append(body, '}'))
}

func familyGroupOf(g models.Group) familyGroup {
	out := familyGroup{
		ID: g.JID, Subject: g.Subject, SubjectOwner: known(numberFirst(g.SubjectBy)), SubjectTime: unix(g.SubjectAt),
		Creation: unix(g.CreatedAt), Owner: known(numberFirst(g.Owner)), Announce: g.Announce, Restrict: g.Locked, Size: g.Size,
		Participants: make([]familyParticipant, 0, len(g.Members)),
	}
	for _, m := range g.Members {
		name := m.FullName
		if name == "" {
			name = m.PushName
		}
		out.Participants = append(out.Participants, familyParticipant{
			ID: numberFirst(m.Person), Admin: known(m.Role), LID: m.LID, Phone: message.PartyOfStored(m.Person).Number(), Name: name,
		})
	}
	return out
}

func numberFirst(p models.Person) string {
	return message.PartyOfStored(p).In(message.AddressingPN)
}

func unix(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.Unix())
}
