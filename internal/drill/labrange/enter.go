package labrange

import (
	"context"
	"fmt"
	"net/http"

	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/drill"
	"github.com/trailhold/trailhold/internal/lab"
)

// stolenRole is what all intruders have got hold of, each in a session of its own.
const stolenRole = "arn:aws:iam::" + lab.DefaultAccount + ":role/Admin"

// Enter implements drill.Range. Each intruder has its own session, address (of those reserved for documentation) and
// program.
func (r *Range) Enter(ctx context.Context) (drill.Scene, error) {
	r.mu.Lock()
	r.number++
	n := r.number
	r.mu.Unlock()
	var session struct{ Credentials struct{ AccessKeyID string } }
	who := object{"RoleArn": stolenRole, "RoleSessionName": fmt.Sprintf("mallory-%d", n)}
	if err := r.owner.Call(ctx, home, "sts:AssumeRole", who, &session); err != nil {
		return drill.Scene{}, fmt.Errorf("an intruder could not enter: %w", err)
	}
	key := session.Credentials.AccessKeyID
	client := r.lab.Client()
	client.Transport = disguise{
		through: client.Transport,
		address: fmt.Sprintf("203.0.113.%d", n%254+1),
		program: programs[n%len(programs)],
	}
	full := intruder.New(r.cloud(key, client))
	return drill.Scene{
		Intruder: full, Powerless: powerless{full, r.lab}, AccessKeyID: key,
		Target: r.target, Guarded: r.Guarded(), Owner: r.owner, Elsewhere: r.elsewhere,
		OtherRegion: abroad, ForeignBucket: foreignBucket, ForeignKey: r.foreignKey, ForeignAccount: foreignAccount, Member: workload,
	}, nil
}

// programs are what intruders may say they use.
var programs = []string{"aws-cli/2.31.6 md/awscrt#0.27.6 lang/python#3.13", "Boto3/1.40.45 Botocore/1.40.45", "stratus-red-team_4f2a"}

// disguise makes requests come from an address and a program.
type disguise struct {
	through          http.RoundTripper
	address, program string
}

func (d disguise) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("X-Forwarded-For", d.address)
	request.Header.Set("User-Agent", d.program)
	return d.through.RoundTrip(request)
}

// powerless is an intruder whom the lab denies to stop logging; no attack needs it to be denied more.
type powerless struct {
	*intruder.Intruder
	lab *lab.Lab
}

// StopLogging implements drill.Intruder.
func (p powerless) StopLogging(ctx context.Context, region, trail string) error {
	remove := p.lab.Inject(lab.Fault{Service: "cloudtrail", Operation: "StopLogging", Kind: lab.AccessDenied})
	defer remove()
	return p.Intruder.StopLogging(ctx, region, trail)
}
