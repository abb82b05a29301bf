// Package webhook brings events to the programs that want them: every event at least once,
// those of one chat in their order. What is on its way stands in the database, put there in
// the transaction of the event (models), so nothing is lost when this program ends.
//
//	sign.go    what proves to a receiver who has sent something
//	choices.go what one can choose of an endpoint
//	body.go    what is sent
//	whapi.go   the same in the words of the product family
//	post.go    one try: where it may lead, and what it came to
//	engine.go  what is tried when
//	habits.go  what receivers do not want to know
package webhook
