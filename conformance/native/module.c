/* The Python module waitctx.conformance._driver.
 *
 * It has no names of its own: worker.py opens the file with ctypes, which needs no Python header in
 * the rest of the driver. Being a module makes setuptools build it and find a place for it. It can be
 * preloaded into whatever starts Python, so it must do without Python's functions. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#pragma weak PyModuleDef_Init

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_driver",
    .m_doc = "The native driver; its functions are reached with ctypes through __file__.",
    .m_size = 0,
};

PyMODINIT_FUNC PyInit__driver(void)
{
    return PyModuleDef_Init(&definition);
}
