package message

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"wadah/models"
)

// Numbers answers whether phone numbers are on WhatsApp. WhatsApp bans who asks much:
// answers are remembered, and a device may ask about a few numbers only.
type Numbers struct {
	inbox *Inbox
	mu    sync.Mutex
	known map[string]answer // by device, account and number
	asks  map[string]*rate.Limiter
}

type answer struct {
	NumberCheck
	until time.Time
}

// Limits of asking about numbers.
const (
	// checkKept is how long an answer holds.
	checkKept = 24 * time.Hour
	// checkEvery is how often a device may ask about one more number, after MaxCheck at once.
	checkEvery = 12 * time.Second
	// maxChecks is how many answers are remembered.
	maxChecks = 50_000
)

// NewNumbers makes it. What it learns of people goes into inbox.
func NewNumbers(inbox *Inbox) *Numbers {
	return &Numbers{inbox: inbox, known: make(map[string]answer), asks: make(map[string]*rate.Limiter)}
}

// PacedError says that the device has to wait, to protect its number.
type PacedError struct{ Until time.Time }

func (e *PacedError) Error() string {
	return "too fast for this account, wait until " + e.Until.UTC().String()
}

// Check answers about numbers (digits without plus, at most MaxCheck), in their order. Ask
// asks WhatsApp about those that are not known. Errors: *Invalid, *PacedError when
// nothing was asked, those of ask; what it refuses counts, and is not remembered.
func (n *Numbers) Check(ctx context.Context, deviceID, account string, numbers []string,
	ask func(context.Context, []string) ([]NumberCheck, error),
) ([]NumberCheck, error) {
	if len(numbers) > MaxCheck {
		return nil, invalid("numbers", ProblemTooMany)
	}
	found, missing, err := n.recall(deviceID, account, numbers)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		fresh, err := ask(ctx, missing)
		if err != nil {
			return nil, err
		}
		if err := n.learn(deviceID, account, fresh); err != nil {
			return nil, err
		}
		for _, c := range fresh {
			found[c.Number] = c
		}
	}
	list := make([]NumberCheck, len(numbers))
	for i, number := range numbers {
		list[i] = found[number]
		list[i].Number = number
	}
	return list, nil
}

// recall finds what is known, and takes from the device's allowance what is not.
func (n *Numbers) recall(deviceID, account string, numbers []string) (found map[string]NumberCheck, missing []string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	found = make(map[string]NumberCheck, len(numbers))
	for _, number := range numbers {
		if _, twice := found[number]; twice {
			continue
		}
		a, ok := n.known[deviceID+" "+account+" "+number]
		if !ok || !now.Before(a.until) {
			missing = append(missing, number)
		}
		found[number] = a.NumberCheck
	}
	limit, ok := n.asks[deviceID]
	if !ok {
		limit = rate.NewLimiter(rate.Every(checkEvery), MaxCheck)
		n.asks[deviceID] = limit
	}
	r := limit.ReserveN(now, len(missing))
	if delay := r.DelayFrom(now); delay > 0 {
		r.CancelAt(now)
		return nil, nil, &PacedError{Until: now.Add(delay)}
	}
	return found, missing, nil
}

// learn remembers answers, and stores which addresses belong together.
func (n *Numbers) learn(deviceID, account string, fresh []NumberCheck) error {
	a := models.Arrival{DeviceID: deviceID, Account: account, At: time.Now()}
	n.mu.Lock()
	if len(n.known)+len(fresh) > maxChecks {
		clear(n.known)
	}
	for _, c := range fresh {
		n.known[deviceID+" "+account+" "+c.Number] = answer{c, time.Now().Add(checkKept)}
		if c.Person.PN != "" && c.Person.LID != "" {
			a.Pairs = append(a.Pairs, personOf(c.Person))
		}
	}
	n.mu.Unlock()
	if len(a.Pairs) == 0 {
		return nil
	}
	if _, err := n.inbox.put(a); err != nil {
		return fmt.Errorf("store addresses: %w", err)
	}
	return nil
}
