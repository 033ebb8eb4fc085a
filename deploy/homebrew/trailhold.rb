# A template: put the release's version for VERSION and the SHA-256 of its source archive for SHA256, then put the file into a
# tap's Formula folder. It builds from source, as Homebrew wants it for command line programs.
class Trailhold < Formula
  desc "Keeps AWS CloudTrail recording"
  homepage "https://github.com/trailhold/trailhold"
  url "https://github.com/trailhold/trailhold/archive/refs/tags/vVERSION.tar.gz"
  sha256 "SHA256"
  license "Apache-2.0"

  depends_on "go" => :build

  def install
    system "go", "build", *std_go_args(ldflags: "-s -w"), "./cmd/trailhold"
    generate_completions_from_executable(bin/"trailhold", "completion")
  end

  test do
    assert_match "trailhold", shell_output("#{bin}/trailhold version")
  end
end
