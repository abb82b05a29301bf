package postgres

import "fmt"

// Value is a value of SQLite as a column of PostgreSQL takes it; kind is the type's name in
// information_schema. SQLite has no booleans, and gives text for bytes where it was stored
// so.
func Value(kind string, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	switch kind {
	case "boolean":
		switch b := v.(type) {
		case bool:
			return b, nil
		case int64:
			return b != 0, nil
		}
	case "bytea":
		switch b := v.(type) {
		case []byte:
			return b, nil
		case string:
			return []byte(b), nil
		}
	case "text", "character varying", "character":
		switch s := v.(type) {
		case string:
			return storable(s), nil
		case []byte:
			return storable(string(s)), nil
		}
	case "bigint", "integer", "smallint":
		switch n := v.(type) {
		case int64:
			return n, nil
		case bool:
			if n {
				return int64(1), nil
			}
			return int64(0), nil
		}
	}
	return nil, fmt.Errorf("a %T has no place in a column of the type %s", v, kind)
}
