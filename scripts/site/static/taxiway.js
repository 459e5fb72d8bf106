// A page that was opened as a file may not read other files, so that search shows no excerpts there.
DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== "file:";
