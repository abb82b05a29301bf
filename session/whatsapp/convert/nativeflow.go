package convert

import (
	"encoding/json"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"wadah/session/message"
)

// nativeButton reads a button whose details are JSON inside the protobuf.
func nativeButton(b *waE2E.InteractiveMessage_NativeFlowMessage_NativeFlowButton) message.Choice {
	var params struct {
		ID    string `json:"id"`
		Text  string `json:"display_text"`
		Title string `json:"title"` // of a list
		URL   string `json:"url"`
		Phone string `json:"phone_number"`
		Code  string `json:"copy_code"`
	}
	if len(b.GetButtonParamsJSON()) <= message.MaxText {
		_ = json.Unmarshal([]byte(b.GetButtonParamsJSON()), &params) // what cannot be read stays empty
	}
	switch {
	case params.Text != "":
	case params.Title != "":
		params.Text = params.Title
	default:
		params.Text = b.GetName()
	}
	if params.Phone != "" && params.URL == "" {
		params.URL = "tel:" + params.Phone
	}
	return choice(params.ID, params.Text, params.Code, params.URL)
}

// nativeAnswer gives the id of what was chosen.
func nativeAnswer(params string) string {
	var answer struct {
		ID string `json:"id"`
	}
	if len(params) <= message.MaxText {
		_ = json.Unmarshal([]byte(params), &answer)
	}
	return answer.ID
}
