# The one door: ./build.ps1 up | test | check | bench | fuzz | publish | screenshots. The logic is in build/, shared with build.sh.
# Windows is untested: engine and tests are run on Linux only.
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot
if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
    [Console]::Error.WriteLine('build.ps1: the .NET SDK 10 is missing: https://learn.microsoft.com/dotnet/core/install/')
    exit 2
}
$env:DOTNET_NOLOGO = '1'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_SYSTEM_GLOBALIZATION_INVARIANT = '1'
$built = dotnet build build/Viddhana.Build.csproj -c Release -v quiet --nologo
if ($LASTEXITCODE -ne 0) { $built | Write-Error -ErrorAction Continue; exit $LASTEXITCODE }
dotnet build/bin/Release/net10.0/viddhana-build.dll @args
exit $LASTEXITCODE
