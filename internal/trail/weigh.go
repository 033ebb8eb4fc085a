package trail

import "encoding/json"

// weighFlags weighs documents of flags that protect while they are true.
func weighFlags(want, have Document) Direction {
	now := have.object()
	for key, value := range want.object() {
		if value == true && now[key] != true {
			return Narrowing
		}
	}
	return Widening
}

// weighVersioning: only Enabled keeps versions.
func weighVersioning(want, have Document) Direction {
	if want.Text("Status") == "Enabled" || want.Text("MFADelete") == "Enabled" && have.Text("MFADelete") != "Enabled" {
		return Narrowing
	}
	return Widening
}

// weighObjectLock: a baseline without Object Lock loses nothing by it.
func weighObjectLock(want, _ Document) Direction {
	if want.Empty() {
		return Widening
	}
	return Narrowing
}

// weighKeyState: what is not wanted enabled cannot be made worse.
func weighKeyState(want, _ Document) Direction {
	if want.Text("KeyState") == keyEnabled {
		return Narrowing
	}
	return Widening
}

// weighDeletion: being restored is no loss.
func weighDeletion(want, have Document) Direction {
	if !want.Flag("Pending") && have.Flag("Pending") {
		return Narrowing
	}
	return Widening
}

// weighRetention compares numbers of days; none means for ever.
func weighRetention(want, have Document) Direction {
	days, limited := have.Number("RetentionInDays")
	if wanted, ok := want.Number("RetentionInDays"); limited && (!ok || days < wanted) {
		return Narrowing
	}
	return Widening
}

// weighRecovery: backups of more days lose nothing.
func weighRecovery(want, have Document) Direction {
	days, _ := have.Number("RecoveryPeriodInDays")
	if wanted, ok := want.Number("RecoveryPeriodInDays"); ok && days < wanted {
		return Narrowing
	}
	return weighFlags(want, have)
}

// weighStore: an event data store that keeps events longer, or is now protected from deletion, loses nothing. Any other
// change may.
func weighStore(want, have Document) Direction {
	const days, protection = "RetentionPeriod", "TerminationProtectionEnabled"
	wanted, _ := want.Number(days)
	now, _ := have.Number(days)
	if now < wanted || want.Flag(protection) && !have.Flag(protection) {
		return Narrowing
	}
	w, h := want.object(), have.object()
	for _, o := range []map[string]any{w, h} {
		delete(o, days)
		delete(o, protection)
	}
	if documentOf(w) != documentOf(h) {
		return Narrowing
	}
	return Widening
}

// weighLifecycle: rules that are merely gone keep files longer; any other change may take some away.
func weighLifecycle(want, have Document) Direction {
	wanted := map[string]bool{}
	for _, rule := range rulesOf(want) {
		wanted[encode(rule)] = true
	}
	for _, rule := range rulesOf(have) {
		if !wanted[encode(rule)] && rule["Status"] != "Disabled" {
			return Narrowing
		}
	}
	return Widening
}

func rulesOf(d Document) []map[string]any {
	var parsed struct{ Rules []map[string]any }
	_ = json.Unmarshal([]byte(d), &parsed) // of another shape: has no rules
	return parsed.Rules
}

// restoreExtras is for members of which one too many does as much harm as one too few.
func restoreExtras(_, _ Document) Direction { return Narrowing }

// What DescribeKey says of a key that can be used, and of one that will be deleted.
const (
	keyEnabled         = "Enabled"
	keyPendingDeletion = "PendingDeletion"
)

// keySteps: cancelling its deletion leaves a key disabled.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html
func keySteps(have Document) []Op {
	if have.Text("KeyState") == keyPendingDeletion {
		return []Op{OpCancelKeyDeletion, OpEnableKey}
	}
	return []Op{OpEnableKey}
}
