# A template of a Homebrew cask: the hash is put in at a release. Not submitted so far.
cask "memtray" do
  version "0.2.0"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"

  url "https://github.com/memtray/memtray/releases/download/v#{version}/Memtray-#{version}.dmg"
  name "Memtray"
  desc "Watches memory and warns you before it becomes a problem"
  homepage "https://github.com/memtray/memtray"

  depends_on macos: ">= :monterey"

  app "Memtray.app"

  uninstall quit: "io.github.memtray.Memtray"

  zap trash: [
    "~/Library/Application Support/Memtray",
    "~/Library/LaunchAgents/memtray.plist",
  ]
end
