"""Records as others read them: JUnit for continuous integration, Gradescope's results.json, CSV for a class, and a
page for each student. All of them escape what students wrote."""
