@echo off
rem A double click opens the notebooks. The first time it sets up, which takes minutes.
pushd "%~dp0"
where py >nul 2>nul
if errorlevel 1 (python tutorial.py lab) else (py tutorial.py lab)
if errorlevel 9009 echo Install Python 3.13 from python.org, then double-click again.
if errorlevel 1 pause
popd
