package engine

import (
	"context"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// OpenGORM makes GORM for a dialect.
func OpenGORM(d gorm.Dialector, log *slog.Logger, now func() time.Time) (*gorm.DB, error) {
	return gorm.Open(d, &gorm.Config{
		Logger:                 gormLog{log: log},
		NowFunc:                func() time.Time { return now().UTC() },
		TranslateError:         true,
		SkipDefaultTransaction: true, // one statement is atomic by itself
		DisableAutomaticPing:   true, // the engine has done it
	})
}

// slowQuery is from when on a statement is worth a line in the log.
const slowQuery = 200 * time.Millisecond

// gormLog passes GORM's messages on to slog. Errors are not logged here but where
// they are handled. Statements appear with their placeholders, never with values.
type gormLog struct {
	log *slog.Logger
}

func (l gormLog) LogMode(logger.LogLevel) logger.Interface { return l }

func (l gormLog) Info(ctx context.Context, msg string, _ ...any) {
	l.log.DebugContext(ctx, "gorm", "message", msg)
}

func (l gormLog) Warn(ctx context.Context, msg string, _ ...any) {
	l.log.WarnContext(ctx, "gorm", "message", msg)
}

func (l gormLog) Error(ctx context.Context, msg string, _ ...any) {
	l.log.ErrorContext(ctx, "gorm", "message", msg)
}

func (l gormLog) Trace(ctx context.Context, begin time.Time, fc func() (sql string, rows int64), _ error) {
	took := time.Since(begin)
	if took < slowQuery {
		return
	}
	sql, rows := fc()
	l.log.WarnContext(ctx, "slow query", "sql", sql, "rows", rows, "took", took)
}

// ParamsFilter makes GORM leave the values out of what Trace gets.
func (l gormLog) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}
