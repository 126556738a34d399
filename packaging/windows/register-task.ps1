# Runs kms-report.ps1 every morning at six, as the system, which may read the log. Run it once, as
# administrator; running it again puts the new task in the old one's place.
#Requires -RunAsAdministrator
param(
    [Parameter(Mandatory)] [string] $To,
    [Parameter(Mandatory)] [string] $From,
    [Parameter(Mandatory)] [string] $SmtpServer,
    [ValidatePattern('^[0-9]+[mhdy]$')] [string] $FailWithin = '14d'
)
$ErrorActionPreference = 'Stop'

foreach ($value in $To, $From, $SmtpServer) {
    if ($value -match '["\s]') { throw "a quotation mark or a space stands in '$value'" }
}
# Whoever can write here would be the system.
if (-not $PSScriptRoot.StartsWith("$env:ProgramFiles\", 'OrdinalIgnoreCase')) {
    throw "this folder must lie in $env:ProgramFiles, where only administrators write"
}
$script = Join-Path $PSScriptRoot 'kms-report.ps1'
$words = "-NoProfile -NonInteractive -ExecutionPolicy Bypass -File `"$script`"" +
    " -To $To -From $From -SmtpServer $SmtpServer -FailWithin $FailWithin"
$task = @{
    TaskName    = 'Muster KMS report'
    Description = 'Says when the count of this KMS host falls'
    Action      = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument $words
    Trigger     = New-ScheduledTaskTrigger -Daily -At '06:00'
    Principal   = New-ScheduledTaskPrincipal -UserId 'S-1-5-18' -LogonType ServiceAccount
    Settings    = New-ScheduledTaskSettingsSet -StartWhenAvailable -ExecutionTimeLimit '01:00'
}
Register-ScheduledTask @task -Force
