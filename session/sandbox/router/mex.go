package router

import (
	"encoding/json"

	waBinary "go.mau.fi/whatsmeow/binary"

	"wadah/session/sandbox/stanza"
)

// The questions that clients ask in GraphQL, by their ids (newsletter.go and user.go of
// the library, Types/Mex.js of Baileys).
const (
	mexReachoutTimelock = "23983697327930364"
	mexUpdateTextStatus = "9152604461510864"
)

// mex answers questions in GraphQL. One that is not known gets the error that WhatsApp's
// gateway has for it, and is counted.
func (s *Session) mex(id string, node *waBinary.Node) waBinary.Node {
	query := stanza.Child(node, "query")
	result := ""
	switch asked := stanza.Attr(&query, "query_id"); asked {
	case mexReachoutTimelock:
		result = `{"data":{"xwa2_fetch_account_reachout_timelock":` + timelock(s.d.account.held, s.d.account.heldUntil) + `}}`
	case mexUpdateTextStatus:
		var in struct {
			Variables struct {
				Input struct {
					Text string `json:"text"`
				} `json:"input"`
			} `json:"variables"`
		}
		if err := json.Unmarshal(stanza.Bytes(&query), &in); err != nil {
			return stanza.Refusal(id, 400, "bad-request")
		}
		s.changeAbout(in.Variables.Input.Text)
		result = `{"data":{"xwa2_update_text_status":{"result":"SUCCESS"}}}`
	default:
		s.r.unknown("w:mex " + asked)
		result = `{"data":null,"errors":[{"message":"unknown query","extensions":{"error_code":400,"is_retryable":false,"severity":"CRITICAL"}}]}`
	}
	return stanza.Result(id, stanza.Blob("result", []byte(result)))
}
