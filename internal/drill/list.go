package drill

import (
	"slices"

	"github.com/trailhold/trailhold/internal/tamper"
)

// All lists every attack, in the order in which to perform them: those on the trail itself, then those on what it and the
// guard rest on.
func All() []Technique {
	return slices.Concat(
		Techniques(),
		bucketTechniques(), logFileTechniques(), keyTechniques(), topicTechniques(), logGroupTechniques(), alarmTechniques(),
		roleTechniques(), wakingTechniques(), functionTechniques(), storageTechniques(),
		organizationTechniques(), lakeTechniques(),
	)
}

// Techniques lists the attacks on the trail itself, in the order in which to perform them.
//
// Attempts come first: a guard takes a failed call that follows right on a restored tampering for part of it, and
// rightly tells nobody twice.
func Techniques() []Technique {
	return []Technique{
		{ID: tamper.DeniedAttempt, Attack: tryWithoutRights, Outcome: Reported},
		{ID: tamper.WrongRegion, Attack: stopElsewhere, Outcome: Reported},

		{ID: tamper.StopLogging, Variant: "by name", Attack: stopByName, Outcome: Restored},
		{ID: tamper.StopLogging, Variant: "by ARN", Attack: stopByARN, Outcome: Restored},
		{ID: tamper.StopFlood, Attack: stopInBursts, Rounds: floodRounds, Outcome: Restored, Alerts: floodAlerts},

		{ID: tamper.DeleteTrail, Attack: deleteTrail, Outcome: Restored},
		{ID: tamper.DeleteThenSquat, Variant: "same region", Attack: squatAtHome, Outcome: Restored},
		{ID: tamper.DeleteThenSquat, Variant: "other region", Attack: squatElsewhere, Clean: leaveElsewhere, Outcome: Restored},
		// Nothing takes the trail's own name here, so it is seen as what it is: one trail deleted, others created, and one
		// that found no room.
		{ID: tamper.DeleteThenSquat, Variant: "full quota", Attack: fillQuota, Clean: emptyQuota, Outcome: Restored,
			SeenAs: tamper.DeleteTrail, Alerts: 1 + fillers + 1},

		{ID: tamper.ChangeBucket, Attack: changeBucket, Outcome: Restored},
		{ID: tamper.ChangePrefix, Attack: changePrefix, Outcome: Restored},
		{ID: tamper.DropTopic, Attack: dropTopic, Outcome: Restored},
		{ID: tamper.DropLogGroup, Attack: dropLogGroup, Outcome: Restored},
		{ID: tamper.ChangeKMSKey, Variant: "foreign key", Attack: changeKey, Outcome: Restored},
		{ID: tamper.ChangeKMSKey, Variant: "no key", Attack: dropKey, Outcome: Restored},
		{ID: tamper.ValidationOff, Attack: validationOff, Outcome: Restored},
		{ID: tamper.SingleRegion, Attack: singleRegion, Outcome: Restored},
		{ID: tamper.OrgTrailOff, Attack: organizationOff, Outcome: Restored},
		{ID: tamper.Minimise, Attack: minimise, Outcome: Restored},

		{ID: tamper.BlindSelectors, Variant: "read-only", Attack: selecting(onlyReads), Outcome: Restored},
		{ID: tamper.BlindSelectors, Variant: "no management", Attack: selecting(noManagement), Outcome: Restored},
		{ID: tamper.BlindSelectors, Variant: "without KMS", Attack: selecting(withoutKMS), Outcome: Restored},
		{ID: tamper.BlindSelectors, Variant: "no data events", Attack: selecting(noData), Outcome: Restored},
		{ID: tamper.BlindSelectors, Variant: "empty values", Attack: selecting(emptyValues), Outcome: Restored},
		{ID: tamper.BlindSelectors, Variant: "not this user", Attack: selecting(notMe), Outcome: Restored},
		{ID: tamper.BlindSelectors, Variant: "not this call", Attack: selecting(notThisCall), Outcome: Restored},
		{ID: tamper.ParamPadding, Attack: padded, Outcome: Restored},

		{ID: tamper.InsightsOff, Attack: insightsOff, Outcome: Restored},
		{ID: tamper.EventConfig, Attack: eventConfiguration, Outcome: Restored},
		{ID: tamper.TagFlip, Variant: "changed", Attack: changeTags, Outcome: Restored},
		{ID: tamper.TagFlip, Variant: "removed", Attack: removeTags, Outcome: Restored},
		{ID: tamper.ShadowTrail, Attack: shadowTrail, Clean: removeShadow, Outcome: Reported},
	}
}

// Unhosted says why there is no attack for a technique of the tamper table that does harm, by its id.
func Unhosted() map[string]string {
	return map[string]string{
		tamper.StackDelete: "the lab has no CloudFormation; what a stack consists of is attacked piece by piece",
	}
}
