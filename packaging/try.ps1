# Try fieldgate on Windows without installing anything: looks at this machine, and answers whether names and texts could
# be sent. Stands beside fieldgate.exe in the zip; needs no administrator, makes no service, asks no network.
#   powershell -ExecutionPolicy Bypass -File try.ps1 [-Driver "ODBC Driver 18 for SQL Server"]
param([string]$Driver = "")
$ErrorActionPreference = "Stop"
$fieldgate = Join-Path $PSScriptRoot "fieldgate.exe"

Write-Host "1  Can this machine run fieldgate?"
if ($Driver) { & $fieldgate preflight --driver $Driver } else { & $fieldgate preflight }

Write-Host ""
Write-Host "2  Could these columns be sent?"
$names = Join-Path ([IO.Path]::GetTempPath()) "fieldgate-try.csv"
Set-Content -Path $names -Encoding ascii -Value "table,column", "CUSTOMER,EMAIL1", "SALES_DEAL,AmtToFinance", "SALES_DEAL,VIN"
try { & $fieldgate classify --csv $names } finally { Remove-Item $names }

Write-Host ""
Write-Host "Next: in a console opened with Run as administrator: fieldgate.exe service install"
