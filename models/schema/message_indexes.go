package schema

import "gorm.io/gorm"

// messageIndexes lets the messages of a chat, and those with an ID, be found in their
// order. Before, SQLite read all messages of a device instead: each query that wanted them
// in order cost more the more there were.
func messageIndexes(db *gorm.DB) error {
	for _, change := range []string{
		"DROP INDEX idx_messages_chat",
		"CREATE INDEX idx_messages_chat ON messages (device_id, chat_id, id)",
		"DROP INDEX idx_messages_wa",
		"CREATE INDEX idx_messages_wa ON messages (device_id, wa_id, id)",
		// What is looked for in a chat has an ID; who sent it is not always known.
		"DROP INDEX idx_messages_once",
		"CREATE UNIQUE INDEX idx_messages_once ON messages (chat_id, wa_id, sender_id)",
	} {
		if err := db.Exec(change).Error; err != nil {
			return err
		}
	}
	return nil
}
