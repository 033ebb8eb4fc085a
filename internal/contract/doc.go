// Package contract holds one suite of tests for what Trailhold takes for granted about CloudTrail's trails. It speaks
// to whatever answers as AWS would: always to the lab, to moto where moto_server is installed, and to a sandbox account
// if TRAILHOLD_CONTRACT_AWS=1. So the lab, which is ours and could share our misunderstandings, gets a second opinion.
//
// TRAILHOLD_SKIP_MOTO=1 leaves moto out.
package contract
