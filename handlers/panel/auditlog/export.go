package auditlog

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/unicode/norm"

	"wadah/handlers/audit"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	auditviews "wadah/views/audit"
)

// exportWrite is how long a client may take to accept a part of an export.
const exportWrite = time.Minute

// exportColumns are the columns of the CSV and, as names, the fields of the JSON.
func exportColumns() []string {
	return []string{"id", "at", "actor", "actor_kind", "action", "device_id", "target", "address", "detail"}
}

// auditCSV sends every entry that the filter chooses as CSV, newest first.
func (s *Pages) auditCSV(c echo.Context) error {
	return s.exportAudit(c, "csv", "text/csv; charset=utf-8", func(ctx context.Context, f models.AuditFilter, out *exportWriter) error {
		w := csv.NewWriter(out)
		if err := w.Write(exportColumns()); err != nil {
			return err
		}
		err := s.store.EachAudit(ctx, f, func(e models.AuditEntry) error {
			return w.Write([]string{
				e.ID, e.At.UTC().Format(time.RFC3339Nano), noFormula(e.Actor), noFormula(e.ActorKind), noFormula(e.Action),
				e.DeviceID, noFormula(e.Target), noFormula(e.Address), noFormula(e.Detail),
			})
		})
		w.Flush()
		if err == nil {
			err = w.Error()
		}
		return err
	})
}

// noFormula keeps spreadsheets from taking a text that somebody chose for a formula. They
// look past what cannot be seen, and take full-width, small and raised signs for the
// ordinary ones.
func noFormula(text string) string {
	hidden := func(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc) }
	sign, _ := utf8.DecodeRuneInString(norm.NFKC.String(strings.TrimLeftFunc(text, hidden)))
	if strings.ContainsRune("=+-\u2212@", sign) || text != "" && unicode.IsControl(rune(text[0])) {
		return "'" + text
	}
	return text
}

// exportedEntry is an audit entry in the JSON export.
type exportedEntry struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Actor     string    `json:"actor"`
	ActorKind string    `json:"actor_kind"`
	Action    string    `json:"action"`
	DeviceID  string    `json:"device_id"`
	Target    string    `json:"target"`
	Address   string    `json:"address"`
	Detail    string    `json:"detail"`
}

// auditJSON sends every entry that the filter chooses as one JSON array, newest first.
func (s *Pages) auditJSON(c echo.Context) error {
	return s.exportAudit(c, "json", "application/json", func(ctx context.Context, f models.AuditFilter, out *exportWriter) error {
		before := "[\n"
		err := s.store.EachAudit(ctx, f, func(e models.AuditEntry) error {
			line, err := json.Marshal(exportedEntry(e))
			if err != nil {
				return err
			}
			_, err = out.Write(append([]byte(before), line...))
			before = ",\n"
			return err
		})
		if err != nil {
			return err
		}
		end := "\n]\n"
		if before == "[\n" { // there was nothing
			end = "[]\n"
		}
		_, err = out.Write([]byte(end))
		return err
	})
}

// exportAudit sends a file of what the filter of the query chooses. The file is
// written as it is read, so a failure on the way can only break it off.
func (s *Pages) exportAudit(c echo.Context, kind, mime string, send func(context.Context, models.AuditFilter, *exportWriter) error) error {
	filter, ok := auditFilter(auditviews.AuditFilter{
		Text: c.QueryParam("q"), Actor: c.QueryParam("actor"), Action: c.QueryParam("action"),
		Device: c.QueryParam(web.DeviceField), From: c.QueryParam("from"), To: c.QueryParam("to"),
	}, visitor.Of(c).Zone)
	if !ok {
		return echo.ErrBadRequest
	}
	if err := s.trail.Must(c, visitor.Entry(c, audit.AuditExport, "", kind)); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", mime)
	h["Cache-Control"] = web.NoStore
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="wadah-audit-%s.%s"`, time.Now().Format(dayLayout), kind))
	out := &exportWriter{c.Response(), http.NewResponseController(c.Response().Writer)}
	if err := send(c.Request().Context(), filter, out); err != nil {
		if !c.Response().Committed {
			h.Del("Content-Disposition")
			return err
		}
		s.log.Warn("an export of the audit broke off", "err", err)
		panic(http.ErrAbortHandler) // or the client would take half a file for all
	}
	return nil
}

// exportWriter gives each part of a long answer time of its own.
type exportWriter struct {
	*echo.Response
	rc *http.ResponseController
}

func (w *exportWriter) Write(part []byte) (int, error) {
	if err := w.rc.SetWriteDeadline(time.Now().Add(exportWrite)); err != nil {
		return 0, err
	}
	return w.Response.Write(part)
}
