#!/usr/bin/env bash
# The one door: ./build.sh up | test | check | bench | fuzz | publish | screenshots. The logic is in build/, shared with build.ps1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if ! command -v dotnet >/dev/null 2>&1; then
    echo "build.sh: the .NET SDK 10 is missing: https://learn.microsoft.com/dotnet/core/install/linux-debian" >&2
    exit 2
fi
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# A small system has no ICU, without which the SDK itself would not start; nothing here depends on a culture.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
if ! built=$(dotnet build build/Viddhana.Build.csproj -c Release -v quiet --nologo 2>&1); then
    echo "$built" >&2
    exit 1
fi
exec dotnet build/bin/Release/net10.0/viddhana-build.dll "$@"
