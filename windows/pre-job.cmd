@echo off
rem Veeam's pre-job script on Windows: waits for a copy that runs, then keeps copies away. Its exit code is plugback-veeam's.
rem Veeam starts it in whatever folder and account: everything is named in full. More: README.txt
setlocal EnableExtensions DisableDelayedExpansion
"%~dp0plugback-veeam.exe" veeam-lock --log "%~dp0veeam.log" %*
exit /b %errorlevel%
