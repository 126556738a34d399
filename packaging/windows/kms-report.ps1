# Exports the log of this KMS host, reports on it and on the exports of the days before, and mails
# the report when a count falls under its threshold within -FailWithin, or when anything is wrong.
# The exit code is that of muster-logs. docs/logs.md says how to set it up.
param(
    [Parameter(Mandatory)] [string] $To,
    [Parameter(Mandatory)] [string] $From,
    [Parameter(Mandatory)] [string] $SmtpServer,
    [ValidatePattern('^[0-9]+[mhdy]$')] [string] $FailWithin = '14d',
    [switch] $Always  # mail also when nothing falls
)
$ErrorActionPreference = 'Stop'

$program = Join-Path $PSScriptRoot 'muster-logs.exe'
$logs = Join-Path $PSScriptRoot 'logs'
$page = Join-Path $PSScriptRoot 'report.html'
$text = Join-Path $PSScriptRoot 'report.txt'
$said = Join-Path $PSScriptRoot 'report.err'
$code = 70
$body = ''

try {
    New-Item -ItemType Directory -Force $logs | Out-Null
    Remove-Item -Force -ErrorAction SilentlyContinue $page, $text, $said
    # Windows overwrites the log when it is full: what is in no export then is gone.
    $export = Join-Path $logs ('kms-{0:yyyyMMdd}.evtx' -f (Get-Date))
    & wevtutil.exe epl 'Key Management Service' $export /ow:true
    if ($LASTEXITCODE -ne 0) { throw "wevtutil could not export the log: exit code $LASTEXITCODE" }
    Get-ChildItem $logs -Filter 'kms-*.evtx' |
        Where-Object LastWriteTime -lt (Get-Date).AddDays(-180) | Remove-Item

    $words = 'report', "`"$logs`"", '--at', 'now', '--html', "`"$page`"", '--fail-within', $FailWithin
    $run = Start-Process -FilePath $program -ArgumentList $words -NoNewWindow -Wait -PassThru `
        -RedirectStandardOutput $text -RedirectStandardError $said
    $code = $run.ExitCode
    $body = @(Get-Content -Encoding UTF8 $said; Get-Content -Encoding UTF8 $text) -join "`r`n"
} catch {
    $body = "$_"
}

if ($code -ne 0 -or $Always) {
    $subject = switch ($code) {
        0 { "KMS on ${env:COMPUTERNAME}: nothing falls within $FailWithin" }
        7 { "KMS on ${env:COMPUTERNAME}: a count falls under its threshold within $FailWithin" }
        default { "KMS on ${env:COMPUTERNAME}: the report is not to be relied on (exit code $code)" }
    }
    $mail = @{
        To = $To; From = $From; SmtpServer = $SmtpServer; Subject = $subject
        Body = $body; Encoding = [Text.Encoding]::UTF8
    }
    if (Test-Path $page) { $mail.Attachments = $page }
    Send-MailMessage @mail
}
exit $code
