@echo off
rem Veeam's post-job script on Windows: lets copies run again. Its exit code is plugback-veeam's.
rem Veeam starts it in whatever folder and account: everything is named in full. More: README.txt
setlocal EnableExtensions DisableDelayedExpansion
"%~dp0plugback-veeam.exe" veeam-unlock --log "%~dp0veeam.log" %*
exit /b %errorlevel%
