package models

import (
	"context"

	"wadah/models/engine"
)

// Sizes are figures of what the database holds, for whoever watches it grow.
type Sizes struct {
	engine.Space
	Rows map[string]int64 // by table, the library's tables too
}

// Sizes counts. It reads every table's smallest index, which takes a second where there
// are millions of rows: ask it now and then, not at every request.
func (s *Store) Sizes(ctx context.Context) (Sizes, error) {
	const doing = "measure the database"
	space, err := s.engine.Space(ctx)
	if err != nil {
		return Sizes{}, wrap(ctx, doing, err)
	}
	sizes := Sizes{Space: space, Rows: make(map[string]int64)}
	tables, err := s.read(ctx).Migrator().GetTables()
	if err != nil {
		return sizes, wrap(ctx, doing, err)
	}
	for _, name := range tables {
		var rows int64
		if err := s.read(ctx).Table(name).Count(&rows).Error; err != nil {
			return sizes, wrap(ctx, doing, err)
		}
		sizes.Rows[name] = rows
	}
	return sizes, nil
}
