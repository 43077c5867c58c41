; Inno Setup 6: iscc /DVersion=0.2.0 packaging\windows\memtray.iss, after PyInstaller. Not run so far.
; Installs for the current user: no administrator is needed.
#ifndef Version
  #error give the version: iscc /DVersion=0.2.0 memtray.iss
#endif

[Setup]
AppId={{6F0C3C2E-5E0B-4D0B-9C63-3C1A5B2F7A41}
AppName=Memtray
AppVersion={#Version}
AppPublisher=The Memtray authors
DefaultDirName={autopf}\Memtray
DefaultGroupName=Memtray
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
OutputDir=..\..\dist
OutputBaseFilename=Memtray-{#Version}-setup
SetupIconFile=..\..\icons\memtray.ico
UninstallDisplayIcon={app}\Memtray.exe
; A running Memtray is asked to close, and started again.
CloseApplications=yes
RestartApplications=yes
Compression=lzma2
SolidCompression=yes
ArchitecturesInstallIn64BitMode=x64compatible

[Files]
Source: "..\..\dist\Memtray\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\Memtray"; Filename: "{app}\Memtray.exe"
Name: "{group}\Uninstall Memtray"; Filename: "{uninstallexe}"

[Run]
Filename: "{app}\Memtray.exe"; Description: "Start Memtray"; Flags: postinstall nowait skipifsilent

[UninstallRun]
Filename: "{app}\memtray-cli.exe"; Parameters: "quit"; Flags: runhidden; RunOnceId: "Quit"
Filename: "{app}\memtray-cli.exe"; Parameters: "autostart off"; Flags: runhidden; RunOnceId: "Autostart"
