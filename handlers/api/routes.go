package api

import (
	"wadah/handlers/api/openapi"
	"wadah/handlers/web"
	"wadah/models"
)

// Routes are all calls and their description.
func (s *Calls) Routes() []web.Route {
	list := []web.Route{web.Get("/api/openapi.yaml", web.Open, openapi.Serve(s.site.Base()))}
	return append(append(list, s.deviceRoutes()...), s.systemRoutes()...)
}

// deviceRoute is one call of the API on a device.
type deviceRoute struct {
	path   string
	does   effect
	scopes []models.Scope // one of which a key needs
	takes  []*parameter
	do     deviceHandler
}

// The scopes of calls.
var (
	forState  = []models.Scope{models.ScopeState}
	forLink   = []models.Scope{models.ScopeLink}
	forSend   = []models.Scope{models.ScopeSend}
	forRead   = []models.Scope{models.ScopeRead}
	forEvents = []models.Scope{models.ScopeState, models.ScopeRead} // each type of event needs one
	forManage = []models.Scope{models.ScopeManage}
	forStatus = []models.Scope{models.ScopeSend, models.ScopeRead}
)

// deviceCalls are the calls of programs on a device.
func (s *Calls) deviceCalls() []deviceRoute {
	return []deviceRoute{
		// The specification's five.
		{"/api/serviceStart", changes, forLink, nil, s.serviceStart},
		{"/api/serviceDestroy", changes, forLink, nil, s.serviceDestroy},
		{"/api/getQR", reads, forLink, []*parameter{qrWait, qrAs}, s.getQR},
		{"/api/getState", reads, forState, nil, s.getState},
		{"/api/getWWebVersion", reads, forState, nil, s.getWWebVersion},

		// Our own.
		{"/api/serviceRestart", changes, forLink, nil, s.serviceRestart},
		{"/api/serviceLogout", changes, forLink, nil, s.serviceLogout},
		{"/api/getDevice", reads, forState, nil, s.getDevice},
		{"/api/getPairCode", changes, forLink, []*parameter{pairNumber, pairRenew}, s.getPairCode},
		{"/api/getPasskeyRequest", reads, forLink, nil, s.getPasskeyRequest},
		{"/api/sendPasskeyResponse", changes, forLink, []*parameter{passkeyResponse}, s.sendPasskeyResponse},
		{"/api/confirmPasskey", changes, forLink, nil, s.confirmPasskey},
		{"/api/events", reads, forEvents, nil, s.events},

		// What arrived, and what became of what was sent.
		{"/api/getEvents", reads, forEvents, []*parameter{eventsAfter, eventsLimit, eventsWait}, s.getEvents},
		{"/api/getMessages", reads, forRead, append(toAnybody, pageLimit, pageBefore), s.getMessages},
		{"/api/getMessageStatus", reads, forStatus, []*parameter{targetID}, s.getMessageStatus},
		{"/api/getLid", changes, forStatus, []*parameter{sendPhone}, s.getLid},

		// Groups.
		{"/api/getListGroup", changes, forRead, []*parameter{groupsFresh, groupsMembers}, s.getListGroup},
		{"/api/getInfoGroup", changes, forRead, []*parameter{sendGroup, groupsFresh}, s.getInfoGroup},

		// Sending.
		s.sends("sendMessage", s.composeText, sendPhone, textMessage),
		s.sends("sendMessageGroup", s.composeText, sendGroup, textMessage),
		s.sends("sendLocation", s.composeLocation, toPhone, toGroup, placeLatitude, placeLongitude, placeName, placeAddress),
		s.sends("sendContact", s.composeContact, toPhone, toGroup, cardName, cardNumbers, cardVCard),
		s.sends("sendPoll", s.composePoll, toPhone, toGroup, pollQuestion, pollOptions, pollMost),
		s.sends("sendReaction", s.composeReaction, targetID, emoji),
		s.sends("editMessage", s.composeEdit, targetID, textMessage),
		s.sends("deleteMessage", s.composeRevoke, targetID),
		s.sends("forwardMessage", s.composeForward, targetID, toPhone, toGroup),
		s.sends("sendTemplateMessage", s.composeTemplate, sendPhone, bodyText, footer, template, fileURL),

		// Webhooks.
		{"/api/listWebhook", reads, forManage, nil, s.listWebhook},
		{"/api/addWebhook", changes, forManage, []*parameter{hookURL, hookEvents, hookFormat, hookMedia, hookBy, hookHeads, hookHub}, s.addWebhook},
		{"/api/editWebhook", changes, forManage, []*parameter{hookID, hookNewURL, hookEvents, hookFormat, hookMedia, hookBy, hookHeads, hookHub, hookActive}, s.editWebhook},
		{"/api/deleteWebhook", changes, forManage, []*parameter{hookID}, s.deleteWebhook},
		{"/api/testWebhook", changes, forManage, []*parameter{hookID}, s.testWebhook},
		{"/api/rotateWebhookSecret", changes, forManage, []*parameter{hookID, overlap}, s.rotateWebhookSecret},
		{"/api/listWebhookDelivery", reads, forManage, []*parameter{hookID, deliveryState, deliveryType, pageLimit, pageBefore}, s.listWebhookDelivery},
		{"/api/replayWebhook", changes, forManage, []*parameter{hookID, deliveryID, replayDead, replayFrom, replayTo}, s.replayWebhook},

		// Beside sending.
		{"/api/readMessage", changes, forSend, []*parameter{targetID}, s.readMessage},
		{"/api/readChat", changes, forSend, toAnybody, s.readChat},
		{"/api/sendTyping", changes, forSend, append(toAnybody, typingOn), s.sendTyping},
		{"/api/setPresence", changes, forSend, []*parameter{presence}, s.setPresence},
		{"/api/rejectCall", changes, forSend, []*parameter{sendPhone, callID}, s.rejectCall},
		{"/api/checkNumber", changes, forSend, []*parameter{checkPhones}, s.checkNumber},
		{"/api/getLimits", reads, forSend, nil, s.getLimits},
	}
}

// sends is a call that sends what compose makes of its parameters.
func (s *Calls) sends(name string, compose composer, own ...*parameter) deviceRoute {
	takes := sending(own...)
	return deviceRoute{"/api/" + name, changes, forSend, takes, s.send(compose, takes)}
}

// deviceRoutes are these calls as routes. All of them answer GET and POST alike, because that
// is what existing clients send.
func (s *Calls) deviceRoutes() []web.Route {
	var list []web.Route
	for _, c := range s.deviceCalls() {
		do := s.withKey(c)
		list = append(list, web.Get(c.path, web.APIKey, do), web.Post(c.path, web.APIKey, do))
	}
	return list
}
