package store

import "github.com/cogfn/cogfn/gen"

// Function is a function as requested, with the result of its deployment. All times are in milliseconds since 1970.
type Function struct {
	ID          int64             `json:"id"`
	CreatedTime int64             `json:"createdTime"`
	LastCalled  int64             `json:"lastCalled,omitempty"` // 0 = never
	Write       gen.FunctionWrite `json:"write"`                // with plain secrets and default values
	// Code is the blob of the file's content when the function was created. Later uploads to the file do not change it.
	Code           string             `json:"code"`
	Status         gen.FunctionStatus `json:"status"`
	RuntimeVersion string             `json:"runtimeVersion,omitempty"`
	ErrorMessage   string             `json:"errorMessage,omitempty"`
	ErrorTrace     string             `json:"errorTrace,omitempty"`
}

// Call is a call without its log and response.
type Call struct {
	ID            int64                  `json:"id"`
	FunctionID    int64                  `json:"functionId"`
	SessionID     int64                  `json:"sessionId"`
	Status        gen.FunctionCallStatus `json:"status"`
	StartTime     int64                  `json:"startTime"`
	EndTime       int64                  `json:"endTime,omitempty"` // 0 = still running
	ScheduleID    int64                  `json:"scheduleId,omitempty"`
	ScheduledTime int64                  `json:"scheduledTime,omitempty"`
	ErrorMessage  string                 `json:"errorMessage,omitempty"`
	ErrorTrace    string                 `json:"errorTrace,omitempty"`
	ErrorForm     string                 `json:"errorForm,omitempty"` // of a scripted outcome; "" = as for all calls
}

// Line is one line of a call's log.
type Line struct {
	Time    int64  `json:"t"`
	Message string `json:"m"`
}

// Schedule is a schedule as requested, without its nonce.
type Schedule struct {
	gen.FunctionScheduleWrite

	ID          int64 `json:"id"`
	CreatedTime int64 `json:"createdTime"`
	SessionID   int64 `json:"sessionId"`
}

// Session is a session. Status does not reflect an expiration that has passed.
type Session struct {
	ID             int64             `json:"id"`
	Type           gen.SessionType   `json:"type"`
	ClientID       string            `json:"clientId,omitempty"`
	Status         gen.SessionStatus `json:"status"`
	CreationTime   int64             `json:"creationTime"`
	ExpirationTime int64             `json:"expirationTime"`
	// Nonce is the hash of the nonce; "" after it was used.
	Nonce string `json:"nonce,omitempty"`
	// ScheduleID is the schedule that renews the session; 0 = none.
	ScheduleID int64 `json:"scheduleId,omitempty"`
}

// File is a file.
type File struct {
	ID              int64         `json:"id"`
	Write           gen.FileWrite `json:"write"`
	CreatedTime     int64         `json:"createdTime"`
	LastUpdatedTime int64         `json:"lastUpdatedTime"`
	UploadedTime    int64         `json:"uploadedTime,omitempty"` // 0 = not uploaded, or being overwritten
	// Blob is the content. During an overwrite, it is the old content.
	Blob string `json:"blob,omitempty"`
}
