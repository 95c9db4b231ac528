package functions

import "time"

// logTail tells the new lines of a log that is read as a whole again and again.
//
// Lines have no name. Those that are alike cannot be told apart, and need not be: of each kind it is enough to know how
// many were handed on.
type logTail struct {
	handed map[logLine]int
	// held are the lines that were read but not handed on, in the order of the log.
	held []heldLine
}

// logLine is all that can be known about a line.
type logLine struct {
	timed bool
	at    int64
	text  string
}

// linePlace is the n-th, counted from 1, of the lines that are alike.
type linePlace struct {
	logLine
	n int
}

type heldLine struct {
	entry CallLogEntry
	place linePlace
	// since is when the answer with the line first came.
	since time.Time
}

// read takes in an answer, with the times when it was asked for and when it came, and returns the lines that have been
// held long enough. The answer itself must show them: one that is shorter than others may lack late lines before them.
func (t *logTail) read(log CallLog, asked, came time.Time, hold time.Duration) CallLog {
	count := map[logLine]int{}
	shown := map[linePlace]bool{}
	var fresh []heldLine
	for _, entry := range log {
		line := logLine{timed: entry.Timestamp != nil, at: deref(entry.Timestamp), text: entry.Text()}
		count[line]++
		if place := (linePlace{line, count[line]}); place.n > t.handed[line] {
			shown[place] = true
			fresh = append(fresh, heldLine{entry, place, came})
		}
	}
	t.merge(fresh, shown)
	ready := 0
	for ready < len(t.held) && shown[t.held[ready].place] && (hold == 0 || asked.Sub(t.held[ready].since) >= hold) {
		ready++
	}
	return t.hand(ready)
}

// rest returns all lines that are held.
func (t *logTail) rest() CallLog { return t.hand(len(t.held)) }

// hand takes the first n lines that are held.
func (t *logTail) hand(n int) CallLog {
	if t.handed == nil {
		t.handed = map[logLine]int{}
	}
	lines := make(CallLog, n)
	for i, line := range t.held[:n] {
		lines[i] = line.entry
		t.handed[line.place.logLine]++
	}
	t.held = t.held[n:]
	return lines
}

// merge puts the lines just read among those that are held: both are parts of one log, and those that are in both tell
// where the others belong.
func (t *logTail) merge(fresh []heldLine, shown map[linePlace]bool) {
	since := make(map[linePlace]time.Time, len(t.held))
	for _, line := range t.held {
		since[line.place] = line.since
	}
	merged := make([]heldLine, 0, len(t.held)+len(fresh))
	placed := make(map[linePlace]bool, len(t.held)+len(fresh))
	put := func(line heldLine) {
		if placed[line.place] {
			return
		}
		placed[line.place] = true
		if first, known := since[line.place]; known {
			line.since = first
		}
		merged = append(merged, line)
	}
	for _, line := range t.held {
		for shown[line.place] && !placed[line.place] {
			put(fresh[0])
			fresh = fresh[1:]
		}
		put(line)
	}
	for _, line := range fresh {
		put(line)
	}
	t.held = merged
}
